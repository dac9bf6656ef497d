import { IDENTITY_KEY } from '../../cell-identity/key.ts';
import type { Protection, ProtectionRule } from './key-file.ts';

const ROOT = '/registry/';
const CORE = 'core';
/** As which a cell's identity counts. */
const SECRETS = '/registry/core/secrets/';

/**
 * Which rule holds for a key of the store: the first that names its resource.
 *
 * Owns: a memo by resource; there are as many as the store has kinds of objects.
 */
export class ProtectedKeys {
  readonly #protection: Protection;
  readonly #known = new Map<string, ProtectionRule | undefined>();

  constructor(protection: Protection) {
    this.#protection = protection;
  }

  ruleOf(key: string): ProtectionRule | undefined {
    if (key === IDENTITY_KEY) return this.ruleOf(SECRETS);
    if (!key.startsWith(ROOT)) return undefined;
    const plural = key.indexOf('/', ROOT.length) + 1;
    const prefix = key.slice(0, key.indexOf('/', plural));
    if (!this.#known.has(prefix)) this.#known.set(prefix, this.#find(prefix));
    return this.#known.get(prefix);
  }

  /** The prefixes of the keys that any rule is about. */
  get prefixes(): string[] {
    const all = this.#protection.rules.flatMap(({ resources }) => resources.map(prefixOf));
    const identity = this.ruleOf(IDENTITY_KEY) ? [IDENTITY_KEY] : [];
    return [...(all.includes(ROOT) ? [ROOT] : new Set(all)), ...identity];
  }

  #find(prefix: string): ProtectionRule | undefined {
    const [group = '', plural = ''] = prefix.slice(ROOT.length).split('/');
    const [named, ofGroup] = [`${plural}.${group === CORE ? '' : group}`, `*.${group === CORE ? '' : group}`];
    const short = (name: string) => (name.includes('.') ? name : `${name}.`);
    return this.#protection.rules.find(({ resources }) =>
      resources.some((name) => name === '*.*' || short(name) === named || name === ofGroup),
    );
  }
}

function prefixOf(resource: string): string {
  const [plural = '', ...group] = resource.split('.');
  if (plural === '*') return ROOT;
  return `${ROOT}${group.join('.') || CORE}/${plural}/`;
}
