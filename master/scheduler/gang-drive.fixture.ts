import { expect } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { POD_GROUP_KEY, type PodGroup } from '../../api/stowage/pod-group.ts';
import { type Decision, Scheduler } from './scheduler.ts';

export interface PodTraits {
  readonly cpu?: string;
  readonly priority?: number;
  readonly namespace?: string;
  /** The gang it names. */
  readonly gang?: string;
  readonly owner?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly spec?: Partial<NonNullable<Pod['spec']>>;
}

export const node = (name: string, cpu: string, labels: Record<string, string> = {}): Node => ({
  metadata: { name, labels },
  status: { allocatable: { cpu, pods: '10000' } },
});

export function pod(name: string, traits: PodTraits = {}): Pod {
  const { cpu = '1', priority = 0, namespace = 'default', gang, owner, labels, annotations, spec } = traits;
  return {
    metadata: {
      name,
      namespace,
      uid: name,
      generation: 1,
      annotations,
      labels: { ...labels, ...(gang && { [POD_GROUP_KEY]: gang }) },
      ownerReferences: owner
        ? [{ apiVersion: 'batch/v1', kind: 'Job', name: owner, uid: owner, controller: true }]
        : undefined,
    },
    spec: { containers: [{ name: 'main', resources: { requests: { cpu } } }], priority, ...spec } as Pod['spec'],
  };
}

export const group = (name: string, minMember: number, seconds?: number, namespace = 'default'): PodGroup => ({
  apiVersion: 'stowage.dev/v1',
  metadata: { name, namespace },
  spec: { minMember, scheduleTimeoutSeconds: seconds },
});

/**
 * A scheduler and what has come of its decisions: binds are confirmed as soon as they are decided, unless told otherwise.
 *
 * Owns: where every pod is, and the time.
 */
export class GangDrive {
  readonly scheduler = new Scheduler();
  /** Pods by uid, as last told of. */
  readonly pods = new Map<string, Pod>();
  /** Nodes by uid of the pod. */
  readonly placed = new Map<string, string>();
  /** Uids of pods that were told to leave and have not. */
  readonly leaving = new Set<string>();
  nowMs = 1000;

  nodes(...nodes: Node[]): this {
    for (const each of nodes) this.scheduler.setNode(each);
    return this;
  }

  groups(...groups: PodGroup[]): this {
    for (const each of groups) this.scheduler.setPodGroup(each);
    return this;
  }

  add(...pods: Pod[]): this {
    for (const each of pods) {
      this.pods.set(each.metadata!.uid!, each);
      this.scheduler.setPod(each);
    }
    return this;
  }

  remove(...uids: string[]): this {
    for (const uid of uids) {
      this.pods.delete(uid);
      this.placed.delete(uid);
      this.leaving.delete(uid);
      this.scheduler.removePod(uid);
    }
    return this;
  }

  end(uid: string, phase: 'Succeeded' | 'Failed'): this {
    const ended = { ...this.#bound(uid), status: { phase } };
    this.placed.delete(uid);
    this.pods.set(uid, ended);
    this.scheduler.setPod(ended);
    return this;
  }

  /** The pods are told of as bound. */
  confirm(uid: string): void {
    const bound = this.#bound(uid);
    this.pods.set(uid, bound);
    this.scheduler.setPod(bound);
  }

  /** One call. Binds wait to be confirmed or to fail. */
  decide(limit = 1000): Decision[] {
    const decisions = this.scheduler.decide(this.nowMs, limit);
    for (const decision of decisions) {
      if (decision.type === 'bind') this.placed.set(decision.pod.metadata!.uid!, decision.nodeName);
      if (decision.type === 'evict') this.leaving.add(decision.pod.metadata!.uid!);
    }
    return decisions;
  }

  /** Decides and confirms until nothing more happens at this time; returns it all, one line each. */
  settle(limit = 1000): string[] {
    const lines: string[] = [];
    for (let decisions = this.decide(limit); decisions.length > 0; decisions = this.decide(limit)) {
      for (const decision of decisions) if (decision.type === 'bind') this.confirm(decision.pod.metadata!.uid!);
      lines.push(...decisions.map(lineOf));
      if (lines.length > 100_000) throw new Error(`it never ends: ${lines.slice(-10).join('\n')}`);
    }
    return lines;
  }

  pass(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  /** Names of pods that have a place. */
  get there(): string[] {
    return [...this.placed.keys()].sort();
  }

  #bound(uid: string): Pod {
    const known = this.pods.get(uid)!;
    return { ...known, spec: { ...known.spec!, nodeName: this.placed.get(uid) ?? known.spec?.nodeName } };
  }
}

export function lineOf(decision: Decision): string {
  if (decision.type === 'group') return `${decision.group.name} ${decision.phase}: ${decision.message}`;
  const name = decision.pod.metadata?.name;
  if (decision.type === 'explain') return `${name}: ${decision.message}`;
  return `${name} ${decision.type} ${decision.nodeName}`;
}

/** A cell of one node. */
export const drive = (cpu = '4') => new GangDrive().nodes(node('a', cpu));
export const member = (name: string, traits = {}) => pod(name, { gang: 'g', ...traits });
export const members = (count: number, traits = {}) => Array.from({ length: count }, (_, i) => member(`p${i}`, traits));
/** Nothing is tried as long as nothing happens. */
export function expectRest(d: GangDrive): void {
  const { cell } = d.scheduler.world;
  const before = cell.now;
  for (let i = 0; i < 5; i++) expect(d.pass(20_000).settle()).toEqual([]);
  expect(cell.now).toBe(before);
}
export const binds = (lines: readonly string[]) => lines.filter((line) => line.includes(' bind '));
