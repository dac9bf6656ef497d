import { mutatingWebhookConfigurations } from '../../../api/admissionregistration/mutating-webhook-configuration.ts';
import { validatingWebhookConfigurations } from '../../../api/admissionregistration/validating-webhook-configuration.ts';
import type { Catalogue } from '../../../api/meta/catalogue.ts';
import { type ResourceDefinition, storageOf, storePrefix } from '../../../api/meta/definition.ts';
import type { Service } from '../../../platform/lifecycle.ts';
import type { Cache } from '../../store/cache.ts';
import { type Hook, hooksOf } from './hook.ts';
import { matchesRule, type Operation, type Target } from './rules.ts';

/** A webhook that wants to be asked, and the version of the object that it wants to see. */
export interface Concerned {
  readonly hook: Hook;
  readonly shownAs: ResourceDefinition;
}

export interface Panelists {
  readonly mutating: readonly Concerned[];
  readonly validating: readonly Concerned[];
}

export interface HookIndexOptions {
  readonly cache: Cache;
  readonly catalogue: Pick<Catalogue, 'resources' | 'onChange'>;
  /** Types that are asked at all. */
  readonly types: readonly Hook['type'][];
}

/** Webhooks never see what says which webhooks there are: a wrong one could not be taken away again. */
const EXEMPT_GROUP = mutatingWebhookConfigurations.group;

/**
 * Which webhooks are to be asked about what. Rules are gone through once for each target; after that it is one look-up.
 *
 * Owns: the webhooks of all configurations, and the answers that were looked for since the last change of a configuration or of the
 * catalogue. There are at most as many as the catalogue has resources, operations and subresources.
 */
export class HookIndex implements Service {
  readonly #options: HookIndexOptions;
  readonly #ends: (() => void)[] = [];
  #mutating: readonly Hook[] = [];
  #validating: readonly Hook[] = [];
  #known = new Map<ResourceDefinition, Map<string, Panelists | undefined>>();

  constructor(options: HookIndexOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { cache, catalogue } = this.#options;
    const read = () => this.#read();
    this.#ends.push(
      cache.subscribe(mutatingWebhookConfigurations, read),
      cache.subscribe(validatingWebhookConfigurations, read),
      catalogue.onChange(() => this.#known.clear()),
    );
    read();
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
  }

  /** Who is to be asked; undefined for nobody. `asked`: the definition through which the client asks. */
  find(operation: Operation, asked: ResourceDefinition, subresource?: string): Panelists | undefined {
    if (this.#mutating.length === 0 && this.#validating.length === 0) return undefined;
    const key = subresource ? `${operation}/${subresource}` : operation;
    const known = this.#known.get(asked);
    if (known?.has(key)) return known.get(key);
    const found = this.#look({ operation, resource: asked, ...(subresource && { subresource }) });
    this.#known.set(asked, (known ?? new Map<string, Panelists | undefined>()).set(key, found));
    return found;
  }

  #read(): void {
    const { cache, types } = this.#options;
    const hooks = (type: Hook['type'], configurations: ResourceDefinition<never>) =>
      types.includes(type) ? hooksOf(type, cache.list(configurations)) : [];
    this.#mutating = hooks('mutating', mutatingWebhookConfigurations);
    this.#validating = hooks('validating', validatingWebhookConfigurations);
    this.#known.clear();
  }

  #look(target: Target): Panelists | undefined {
    if (target.resource.group === EXEMPT_GROUP) return undefined;
    const equivalents = this.#equivalentsOf(target.resource);
    const concerned = (hooks: readonly Hook[]) => hooks.flatMap((hook) => concernedBy(hook, target, equivalents));
    const [mutating, validating] = [concerned(this.#mutating), concerned(this.#validating)];
    return mutating.length + validating.length > 0 ? { mutating, validating } : undefined;
  }

  /** Other definitions through which the same objects are served. */
  #equivalentsOf(asked: ResourceDefinition): ResourceDefinition[] {
    const place = (resource: ResourceDefinition) => {
      const kept = storageOf(resource);
      return kept && storePrefix(kept);
    };
    const own = place(asked);
    return this.#options.catalogue.resources.filter(
      (each) =>
        own !== undefined &&
        place(each) === own &&
        storePrefix(each) + each.version !== storePrefix(asked) + asked.version,
    );
  }
}

/** As asked where a rule says so, else the first equivalent of which a rule speaks, if the webhook cares for those. */
function concernedBy(hook: Hook, target: Target, equivalents: readonly ResourceDefinition[]): Concerned[] {
  const candidates = hook.isForEquivalents ? [target.resource, ...equivalents] : [target.resource];
  const shownAs = candidates.find((resource) => hook.rules.some((rule) => matchesRule(rule, { ...target, resource })));
  return shownAs ? [{ hook, shownAs }] : [];
}
