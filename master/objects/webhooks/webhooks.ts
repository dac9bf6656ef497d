import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Service } from '../../../platform/lifecycle.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { Authorizer } from '../../auth/authorization/authorizer.ts';
import type { DeleteOptions, WriteContext } from '../objects.ts';
import { WebhookCaller } from './caller.ts';
import { HookIndex, type HookIndexOptions } from './hook-index.ts';
import { Panel } from './panel.ts';
import type { Operation } from './rules.ts';

export interface WebhooksOptions extends HookIndexOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  /** Answers match conditions that ask about rights. Default: everybody may do everything. */
  readonly authorizer?: Pick<Authorizer, 'authorize'>;
}

const ALLOWED = { allowed: true, reason: '' };
const allowAll: Pick<Authorizer, 'authorize'> = { authorize: () => ALLOWED };

/** Of which object something is wanted, through which part of it. */
export interface Wanted {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** Of a deletion. */
  readonly options?: DeleteOptions;
}

/**
 * Programs outside that are asked about writes (Kubernetes docs, "Dynamic Admission Control").
 *
 * Owns: the index of webhooks, which follows the cache from `start` to `stop`, and the connections to them.
 */
export class Webhooks implements Service {
  readonly #options: WebhooksOptions;
  readonly #index: HookIndex;
  readonly #caller: WebhookCaller;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#index = new HookIndex(options);
    this.#caller = new WebhookCaller(options.clock);
  }

  start(): Promise<void> {
    return this.#index.start();
  }

  async stop(): Promise<void> {
    await this.#index.stop();
    this.#caller.close();
  }

  /** Who is to be asked about a write; undefined where nobody is, which costs one look-up. */
  panelFor(
    operation: Operation,
    kept: ResourceDefinition<never>,
    context: WriteContext,
    wanted: Wanted,
  ): Panel | undefined {
    const asked = context.asked ?? (kept as unknown as ResourceDefinition);
    const panelists = this.#index.find(operation, asked, wanted.subresource);
    if (!panelists) return undefined;
    const { cache: view, rng, log, authorizer = allowAll } = this.#options;
    const { namespace, name = '', subresource, options } = wanted;
    const occasion = { operation, kept: kept as unknown as ResourceDefinition, asked, context, name };
    return new Panel(
      {
        ...occasion,
        ...(namespace && { namespace }),
        ...(subresource && { subresource }),
        ...(options && { options }),
      },
      panelists,
      { caller: this.#caller, view, rng, log, authorizer },
    );
  }
}
