import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts';
import { defaultSchedulingPolicy, type SchedulingPolicySpec } from '../../api/stowage/scheduling-policy.ts';
import { Budgets } from './budgets.ts';
import type { PendingPod } from './pending.ts';
import { Placements } from './placements.ts';
import { Preemption } from './preemption.ts';
import { Resident } from './resident.ts';
import { Shapes } from './shapes.ts';
import { Templates } from './templates.ts';
import { World } from './world.ts';

export const HOUR_MS = 3_600_000;
const EPOCH_MS = Date.parse('2026-01-01T00:00:00Z');
/** The time so many seconds after some epoch, as the API says it. */
export const timeAt = (seconds: number): string =>
  new Date(EPOCH_MS + 1000 * seconds).toISOString().replace('.000', '');

export const nodeOf = (name: string, allocatable: Record<string, string>, more: Partial<Node> = {}): Node => ({
  ...more,
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.metadata?.labels } },
  status: { allocatable: { pods: '110', ...allocatable } },
});

export interface PodTraits {
  readonly cpu?: string;
  readonly priority?: number;
  readonly nodeName?: string;
  /** Seconds after the epoch. */
  readonly started?: number;
  readonly leaving?: boolean;
  readonly labels?: Record<string, string>;
  readonly requests?: Record<string, string>;
  readonly spec?: Partial<NonNullable<Pod['spec']>>;
}

export function podOf(name: string, traits: PodTraits = {}): Pod {
  const { cpu = '0', priority = 0, nodeName, started, leaving, labels = {}, requests, spec } = traits;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      labels,
      ...(leaving && { deletionTimestamp: timeAt(0) }),
    },
    spec: {
      containers: [{ name: 'main', image: 'app', resources: { requests: { cpu, ...requests } } }],
      priority,
      ...(nodeName !== undefined && { nodeName }),
      ...spec,
    },
    status: { phase: 'Running', ...(started !== undefined && { startTime: timeAt(started) }) },
  };
}

export const budgetOf = (name: string, labels: Record<string, string>, allowed: number): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'default' },
  spec: { selector: { matchLabels: labels } },
  status: { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: allowed },
});

/**
 * A cell with preemption and nothing else of the scheduler.
 *
 * Owns: the world, and what is told of it.
 */
export class Arena {
  readonly world = new World();
  readonly templates: Templates;
  readonly budgets = new Budgets();
  readonly evicted = new Set<string>();
  readonly preemption: Preemption;
  readonly #placements = new Placements(this.world);
  readonly #shapes = new Shapes(this.world);

  constructor(policy: SchedulingPolicySpec = defaultSchedulingPolicy()) {
    this.templates = new Templates(this.world, policy);
    this.preemption = this.fresh();
  }

  /** Another one that knows nothing yet of the same cell. */
  fresh(): Preemption {
    return new Preemption(this.world, this.templates, this.budgets, { isVictim: (uid) => this.evicted.has(uid) });
  }

  place(...pods: readonly Pod[]): void {
    for (const pod of pods) {
      this.remove(pod.metadata!.uid!);
      this.#placements.place(pod, pod.spec!.nodeName!, this.templates.read(pod).template.footprint);
    }
  }

  remove(uid: string): void {
    this.#placements.remove(uid);
  }

  /** As `remove` and `place`, where nothing but the time of the start is news. */
  start(uid: string, seconds: number): void {
    const place = this.#placements.get(uid);
    if (!place) return;
    const { pod } = place.resident;
    place.resident.update({ ...pod, status: { ...pod.status, startTime: timeAt(seconds) } });
    this.preemption.retimed(place.slot);
  }

  /** Holds a place on the node for a pod. */
  hold(pod: Pod, nodeName: string): void {
    const { footprint } = this.templates.read(pod).template;
    this.world.place(nodeName, new Resident(pod, footprint, true));
  }

  get placed(): Pod[] {
    const slots = Array.from({ length: this.world.cell.slotCount }, (_, slot) => slot);
    return slots.flatMap((slot) => this.world.residents(slot).map(({ pod }) => pod));
  }

  pending(pod: Pod): PendingPod {
    const { template, pins } = this.templates.read(pod);
    const shapeKey = this.#shapes.keyOf(template);
    const shape = this.#shapes.use(shapeKey, template);
    this.#shapes.leave(shapeKey);
    const { uid = '', namespace = '' } = pod.metadata ?? {};
    return {
      kind: 'pod',
      uid,
      namespace,
      pod,
      template,
      pins,
      shape,
      shapeKey,
      priority: pod.spec?.priority ?? 0,
      sequence: 0,
    };
  }

  /** `node: victims`, or nothing. */
  find(pod: Pod, preemption = this.preemption): string | undefined {
    const eviction = preemption.find(this.pending(pod));
    return eviction && `${this.world.cell.nameAt(eviction.slot)}: ${namesOf(eviction.victims)}`;
  }
}

const namesOf = (victims: readonly Resident[]): string =>
  victims
    .map(({ uid }) => uid)
    .sort()
    .join(' ');
