/** What one concern adds to the cell's nftables table. Names are of the whole table; no two concerns use the same. */
export interface Rules {
  /** Rules of each chain, in order. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Definition of each set, without its elements. */
  readonly sets: ReadonlyMap<string, string>;
  /** Values of maps by `MAP KEY`; empty for what is in a set. */
  readonly elements: ReadonlyMap<string, string>;
  /** Endpoints to which the kernel goes on sending a client's UDP packets until it is told to forget: `10.128.0.2:53`. */
  readonly udpEnds?: ReadonlySet<string>;
}

export const NO_RULES: Rules = { chains: new Map(), sets: new Map(), elements: new Map() };

/**
 * The lines for `nft -f` that turn what one concern has in the table into what it should have; empty where they are the same. In an
 * order that leaves nothing pointing nowhere: what is new is made, then used; what is old is no longer used, then removed.
 */
export function transition(table: string, before: Rules, after: Rules): Phases {
  const name = `ip ${table}`;
  const changedChains = [...after.chains].filter(([chain, rules]) => !sameRules(before.chains.get(chain), rules));
  const goneChains = [...before.chains.keys()].filter((chain) => !after.chains.has(chain));
  const newSets = [...after.sets].filter(([set]) => !before.sets.has(set));
  const goneSets = [...before.sets.keys()].filter((set) => !after.sets.has(set));
  const goneElements = [...before.elements].filter(([key, value]) => after.elements.get(key) !== value);
  const newElements = [...after.elements].filter(([key, value]) => before.elements.get(key) !== value);
  return {
    make: [
      ...newSets.map(([set, definition]) => `add set ${name} ${set} { ${definition} }`),
      ...changedChains.map(([chain]) => `add chain ${name} ${chain}`),
    ],
    fill: changedChains.flatMap(([chain, rules]) => [
      ...(before.chains.has(chain) ? [`flush chain ${name} ${chain}`] : []),
      ...rules.map((rule) => `add rule ${name} ${chain} ${rule}`),
    ]),
    point: [
      ...goneElements.map(([key, value]) => elementLine('delete', name, key, value)),
      ...newElements.map(([key, value]) => elementLine('add', name, key, value)),
    ],
    // Chains may point at one another, so all are emptied first.
    empty: goneChains.map((chain) => `flush chain ${name} ${chain}`),
    remove: [
      ...goneChains.map((chain) => `delete chain ${name} ${chain}`),
      ...goneSets.map((set) => `delete set ${name} ${set}`),
    ],
  };
}

/** Lines of a transaction, which those of several concerns share phase by phase. */
export interface Phases {
  readonly make: readonly string[];
  readonly fill: readonly string[];
  readonly point: readonly string[];
  readonly empty: readonly string[];
  readonly remove: readonly string[];
}

const ORDER = ['make', 'fill', 'point', 'empty', 'remove'] as const;

/** One transaction; empty where there is nothing to do. */
export function transaction(parts: readonly Phases[]): string {
  const lines = ORDER.flatMap((phase) => parts.flatMap((part) => part[phase]));
  return lines.length > 0 ? `${lines.join('\n')}\n` : '';
}

function elementLine(act: 'add' | 'delete', table: string, key: string, value: string): string {
  const space = key.indexOf(' ');
  return `${act} element ${table} ${key.slice(0, space)} { ${key.slice(space + 1)}${value && ` : ${value}`} }`;
}

const sameRules = (one: readonly string[] | undefined, other: readonly string[]): boolean =>
  one !== undefined && one.length === other.length && one.every((rule, index) => rule === other[index]);
