import { matchesLabelSelector } from '../../api/meta/label-matching.ts';
import { type Ipv4Range, inRange, parseIpv4 } from '../../api/networking/ipv4.ts';
import type { NetworkGuard, NetworkMember, NetworkPass } from '../../proto/network.ts';
import { groupRules, memberRules, podRules, policyRules } from './guard-rules.ts';
import type { RuleSource } from './rule-table.ts';
import { NO_RULES, type Rules } from './rules.ts';
import type { NetworkChange, NetworkState } from './state.ts';

/** What policies choose pods by. */
export interface StartingPod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

/**
 * Which policies bear on this machine's pods, and so what of policies and groups has to be in its kernel: groups of which only other
 * machines' policies speak are not. Owns the indexes for that; a change costs what it changes.
 *
 * Keys of its rules: `policy NAMESPACE/NAME`, `group GROUP`, `member GROUP MEMBER`, `pod ADDRESS`.
 */
export class GuardBook implements RuleSource {
  readonly #state: Pick<NetworkState, 'policies' | 'members'>;
  #own: Ipv4Range | undefined;
  /** Who is in a group, by the text of the set's element: two pods may have one address for a moment. */
  readonly #groups = new Map<string, Map<string, Set<string>>>();
  readonly #memberOf = new Map<string, NetworkMember>();
  /** Members whose pods are here, by address. */
  readonly #here = new Map<string, Set<string>>();
  /** The same by group. */
  readonly #hereIn = new Map<string, Set<string>>();
  /** Policies by the group that they are about. */
  readonly #about = new Map<string, Set<string>>();
  readonly #policies = new Map<string, NetworkGuard>();
  /** Policies about pods that start here, by address, until the master has said so. */
  readonly #expected = new Map<string, Set<string>>();
  /** The same, addresses by policy. */
  readonly #expecting = new Map<string, Set<string>>();
  /** Policies about pods that are here. */
  readonly #active = new Set<string>();
  /** How often active policies name a group. */
  readonly #uses = new Map<string, number>();

  constructor(state: Pick<NetworkState, 'policies' | 'members'>) {
    this.#state = state;
  }

  /** Pods with these addresses are here. */
  use(own: Ipv4Range): void {
    this.#own = own;
    this.rebuild();
  }

  rebuild(): void {
    for (const index of [this.#groups, this.#memberOf, this.#here, this.#hereIn, this.#about]) index.clear();
    for (const index of [this.#policies, this.#active, this.#uses]) index.clear();
    this.#take(this.#state.policies.keys(), this.#state.members.keys());
  }

  /** A pod starts, and has this address from now on. Returns the keys whose rules may be others now. */
  expect(address: string, { namespace, labels }: StartingPod): Set<string> {
    const stale = new Set<string>();
    const about = [...this.#policies].filter(
      ([, policy]) => policy.namespace === namespace && matchesLabelSelector(policy.selector, labels),
    );
    const known = new Set(this.#policiesAbout(address));
    const before = [...(this.#expected.get(address) ?? [])];
    for (const key of before) this.#met(address, key);
    for (const [key] of about) {
      add(this.#expected, address, key);
      add(this.#expecting, key, address);
    }
    for (const key of [...before, ...about.map(([each]) => each)]) this.#weigh(key, stale);
    if (before.length > 0 || about.some(([, policy]) => !known.has(policy))) stale.add(`pod ${address}`);
    return stale;
  }

  /** Returns the keys whose rules may be others now. */
  changed({ all, policies, members }: Pick<NetworkChange, 'all' | 'policies' | 'members'>): Set<string> {
    if (!all) return this.#take(policies, members);
    this.rebuild();
    return new Set();
  }

  *keys(): Iterable<string> {
    for (const policy of this.#active) yield `policy ${policy}`;
    for (const group of this.#uses.keys()) {
      yield `group ${group}`;
      for (const member of this.#groups.get(group)?.keys() ?? []) yield `member ${group} ${member}`;
    }
    for (const address of new Set([...this.#here.keys(), ...this.#expected.keys()])) yield `pod ${address}`;
  }

  rulesOf(key: string): Rules | undefined {
    const [kind, name = '', ...rest] = key.split(' ');
    const member = rest.join(' ');
    switch (kind) {
      case 'policy': {
        const policy = this.#active.has(name) ? this.#policies.get(name) : undefined;
        return policy ? policyRules(policy) : NO_RULES;
      }
      case 'group':
        return this.#uses.has(name) ? groupRules(name) : NO_RULES;
      case 'member':
        return this.#uses.has(name) && this.#groups.get(name)?.has(member) ? memberRules(name, member) : NO_RULES;
      case 'pod':
        return podRules(name, this.#policiesAbout(name));
      default:
        return undefined;
    }
  }

  #take(policies: Iterable<string>, members: Iterable<string>): Set<string> {
    const stale = new Set<string>();
    // Policies first: those that change are as if they were gone, and come anew.
    const touched = new Set<string>(policies);
    for (const key of touched) this.#forgetPolicy(key, stale);
    for (const key of touched) this.#learnPolicy(key, stale);
    for (const key of members) for (const policy of this.#moveMember(key, stale)) touched.add(policy);
    for (const key of touched) this.#weigh(key, stale);
    return stale;
  }

  #forgetPolicy(key: string, stale: Set<string>): void {
    const before = this.#policies.get(key);
    if (!before) return;
    this.#deactivate(key, before, stale);
    this.#markPods(before.pods, stale);
    remove(this.#about, before.pods, key);
    this.#policies.delete(key);
    const now = this.#state.policies.get(key);
    if (now?.pods === before.pods) return;
    for (const address of this.#expecting.get(key) ?? []) {
      this.#met(address, key);
      stale.add(`pod ${address}`);
    }
  }

  #learnPolicy(key: string, stale: Set<string>): void {
    const now = this.#state.policies.get(key);
    if (!now) return;
    this.#policies.set(key, now);
    add(this.#about, now.pods, key);
    this.#markPods(now.pods, stale);
  }

  /** Returns the policies that may be of concern now, or no longer. */
  #moveMember(key: string, stale: Set<string>): string[] {
    const [before, now] = [this.#memberOf.get(key), this.#state.members.get(key)];
    if (before) {
      const elements = this.#groups.get(before.group);
      if (elements) remove(elements, elementOf(before), key);
      if (elements?.size === 0) this.#groups.delete(before.group);
      remove(this.#here, before.address, key);
      remove(this.#hereIn, before.group, key);
      this.#memberOf.delete(key);
    }
    if (now) {
      const elements = this.#groups.get(now.group) ?? new Map<string, Set<string>>();
      this.#groups.set(now.group, elements);
      add(elements, elementOf(now), key);
      if (this.#isHere(now.address)) {
        add(this.#here, now.address, key);
        add(this.#hereIn, now.group, key);
        for (const policy of this.#about.get(now.group) ?? []) this.#met(now.address, policy);
      }
      this.#memberOf.set(key, now);
    }
    const both = [before, now].filter((member) => member !== undefined);
    for (const member of both) {
      stale.add(`member ${member.group} ${elementOf(member)}`);
      if (this.#isHere(member.address)) stale.add(`pod ${member.address}`);
    }
    return both.flatMap(({ group }) => [...(this.#about.get(group) ?? [])]);
  }

  /** Whether the policy is about a pod that is here. */
  #weigh(key: string, stale: Set<string>): void {
    const policy = this.#policies.get(key);
    if (!policy) return;
    if (!this.#hereIn.has(policy.pods) && !this.#expecting.has(key)) this.#deactivate(key, policy, stale);
    else if (!this.#active.has(key)) this.#activate(key, policy, stale);
  }

  #activate(key: string, policy: NetworkGuard, stale: Set<string>): void {
    this.#active.add(key);
    stale.add(`policy ${key}`);
    for (const group of groupsOf(policy)) this.#count(group, 1, stale);
  }

  #deactivate(key: string, policy: NetworkGuard, stale: Set<string>): void {
    if (!this.#active.delete(key)) return;
    stale.add(`policy ${key}`);
    for (const group of groupsOf(policy)) this.#count(group, -1, stale);
  }

  #count(group: string, by: 1 | -1, stale: Set<string>): void {
    const before = this.#uses.get(group) ?? 0;
    if (before + by > 0) this.#uses.set(group, before + by);
    else this.#uses.delete(group);
    if (before > 0 && before + by > 0) return;
    stale.add(`group ${group}`);
    for (const member of this.#groups.get(group)?.keys() ?? []) stale.add(`member ${group} ${member}`);
  }

  #markPods(group: string, stale: Set<string>): void {
    for (const key of this.#hereIn.get(group) ?? []) stale.add(`pod ${this.#memberOf.get(key)?.address}`);
  }

  #policiesAbout(address: string): NetworkGuard[] {
    const groups = [...(this.#here.get(address) ?? [])].flatMap((key) => this.#memberOf.get(key)?.group ?? []);
    const told = groups.flatMap((group) => [...(this.#about.get(group) ?? [])]);
    const keys = new Set([...told, ...(this.#expected.get(address) ?? [])]);
    return [...keys].flatMap((key) => this.#policies.get(key) ?? []);
  }

  /** The master has said it, or it is not so any more. */
  #met(address: string, policy: string): void {
    remove(this.#expected, address, policy);
    remove(this.#expecting, policy, address);
  }

  #isHere(address: string): boolean {
    const number = parseIpv4(address);
    return this.#own !== undefined && number !== undefined && inRange(this.#own, number);
  }
}

const elementOf = ({ address, port }: NetworkMember): string => (port === undefined ? address : `${address} . ${port}`);

function groupsOf({ ingress = [], egress = [] }: NetworkGuard): Set<string> {
  const named = ({ group, target }: NetworkPass) => [...(group ? [group] : []), ...(target ? [target.group] : [])];
  return new Set([...ingress, ...egress].flatMap(named));
}

function add(index: Map<string, Set<string>>, key: string, value: string): void {
  const values = index.get(key);
  if (values) values.add(value);
  else index.set(key, new Set([value]));
}

function remove(index: Map<string, Set<string>>, key: string, value: string): void {
  const values = index.get(key);
  values?.delete(value);
  if (values?.size === 0) index.delete(key);
}
