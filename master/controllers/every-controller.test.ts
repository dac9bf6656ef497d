import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { daemonSets } from '../../api/apps/daemon-set.ts';
import { deployments } from '../../api/apps/deployment.ts';
import { replicaSets } from '../../api/apps/replica-set.ts';
import { statefulSets } from '../../api/apps/stateful-set.ts';
import { cronJobs } from '../../api/batch/cron-job.ts';
import { jobs } from '../../api/batch/job.ts';
import { leases } from '../../api/coordination/lease.ts';
import { namespaces } from '../../api/core/namespace.ts';
import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { services } from '../../api/core/service.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { podDisruptionBudgets } from '../../api/policy/pod-disruption-budget.ts';
import { builtInCatalogue } from '../../api/registry.ts';
import { timestamp } from '../../platform/clock.ts';
import { seededRng } from '../../platform/rng.ts';
import { allControllers } from './create-controllers.ts';
import type { Controller } from './kit/controller.ts';
import { World } from './kit/world.suite.ts';
import { isActive, isFinished, isReady, isTerminating } from './pods/pod-state.ts';
import { bind, confirmGone, deploymentOf, jobOf, podSpec, reportEnd, reportReady } from './samples.suite.ts';

const NODES = ['n1', 'n2', 'n3'];
const labels = (app: string) => ({ app });
const meta = (name: string) => ({ name, namespace: 'shop' });
const template = (app: string) => ({ metadata: { labels: labels(app) }, spec: podSpec() });

/** What somebody may declare: objects whose controllers work through one another. */
const DECLARED: readonly [ResourceDefinition<never>, ApiObject][] = [
  [deployments, deploymentOf('web', { replicas: 3 })],
  [deployments, deploymentOf('api', { replicas: 2, strategy: { type: 'Recreate' } })],
  [
    statefulSets,
    { metadata: meta('db'), spec: { replicas: 2, selector: { matchLabels: labels('db') }, template: template('db') } },
  ],
  [
    daemonSets,
    { metadata: meta('logs'), spec: { selector: { matchLabels: labels('logs') }, template: template('logs') } },
  ],
  [
    replicaSets,
    {
      metadata: meta('bare'),
      spec: { replicas: 2, selector: { matchLabels: labels('bare') }, template: template('bare') },
    },
  ],
  [jobs, jobOf('sum', { completions: 4, parallelism: 2, backoffLimit: 100 })],
  [
    cronJobs,
    {
      metadata: meta('tick'),
      spec: { schedule: '*/5 * * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: jobOf('tick').spec } },
    },
  ],
  [
    podDisruptionBudgets,
    { metadata: meta('web'), spec: { minAvailable: 2, selector: { matchLabels: labels('web') } } },
  ],
  [services, { metadata: meta('web'), spec: { selector: labels('web'), ports: [{ port: 80 }] } }],
] as never;

const SIZED: readonly ResourceDefinition<never>[] = [deployments, statefulSets, replicaSets] as never;

const TYPES = [
  ...['pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'crash', 'bind', 'bind', 'ready', 'ready', 'ready'],
  ...['unready', 'succeed', 'fail', 'delete', 'gone', 'gone', 'relabel', 'time', 'beat'],
  ...['declare', 'declare', 'scale', 'image', 'remove', 'silence', 'unplug', 'plug'],
] as const;
type Type =
  | ('pass' | 'crash' | 'bind' | 'ready' | 'unready' | 'succeed' | 'fail' | 'delete' | 'gone' | 'relabel' | 'time')
  | ('beat' | 'declare' | 'scale' | 'image' | 'remove' | 'silence' | 'unplug' | 'plug');
const happening = fc.record({ type: fc.constantFrom(...(TYPES as readonly Type[])), which: fc.nat(40) });

/** A cell with every controller there is, and what may happen to it. */
class Yard {
  readonly controllers: readonly Controller[];
  readonly world: World;
  readonly silent = new Set<string>();

  constructor(seed: number) {
    const startedAtMs = Date.parse('2030-01-01T00:00:00Z');
    this.controllers = allControllers({ startedAtMs, nodeGraceMs: 40_000, catalogue: builtInCatalogue });
    this.world = new World(this.controllers, seed);
    this.world.create(namespaces, { metadata: { name: 'shop' } });
    for (const name of NODES) this.plug(name);
    this.world.settle();
  }

  plug(name: string): void {
    this.silent.delete(name);
    if (this.world.get(nodes, undefined, name)) return;
    const status = { conditions: [{ type: 'Ready', status: 'True' as const }] };
    this.world.create(nodes, { metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {}, status });
    this.beat();
  }

  /** The agents that are heard say so, as agents do. */
  beat(): void {
    const { world } = this;
    for (const node of world.list(nodes).filter(({ metadata }) => !this.silent.has(metadata?.name ?? ''))) {
      const { name = '' } = metaOf(node);
      const renewTime = timestamp(world.nowMs);
      const lease = world.get(leases, 'kube-node-lease', name);
      const renew = (current: { spec?: object }) => {
        current.spec = { ...current.spec, renewTime };
      };
      if (lease) world.update(leases, lease, renew);
      else world.create(leases, { metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime } });
      const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'True')
        world.setStatus(nodes, node, { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: renewTime }] });
    }
  }

  happen(type: Type, which: number): void {
    const { world } = this;
    const all = world.list(pods);
    const running = all.filter((pod) => pod.spec?.nodeName && !isFinished(pod) && !isTerminating(pod));
    const pick = <T>(list: readonly T[]): T | undefined => list[which % Math.max(1, list.length)];
    const withOne = (list: readonly Pod[], act: (pod: Pod) => void) => {
      const pod = pick(list);
      if (pod) act(pod);
    };
    const actions: Record<Type, () => void> = {
      pass: () => void world.step(which),
      crash: () => world.stepAndCrash(which),
      bind: () => this.#place(which),
      ready: () => withOne(running, (pod) => reportReady(world, pod)),
      unready: () => withOne(running, (pod) => reportReady(world, pod, false)),
      succeed: () => withOne(running.filter(isOfJob), (pod) => reportEnd(world, pod, 'Succeeded')),
      fail: () => withOne(running, (pod) => reportEnd(world, pod, 'Failed')),
      delete: () => withOne(all, (pod) => world.delete(pods, pod)),
      gone: () => withOne(all.filter(isTerminating), (pod) => confirmGone(world, pod)),
      relabel: () =>
        withOne(all, (pod) =>
          world.update(pods, pod, ({ metadata }) => Object.assign(metadata!, { labels: { app: 'other' } })),
        ),
      time: () => this.#pass(which * 1_000),
      beat: () => this.beat(),
      declare: () => this.declare(which % DECLARED.length),
      scale: () => this.#scale(which),
      image: () => this.#newImage(which),
      remove: () => this.#remove(which),
      silence: () => void this.silent.add(NODES[which % NODES.length]!),
      unplug: () => this.#unplug(NODES[which % NODES.length]!),
      plug: () => this.plug(NODES[which % NODES.length]!),
    };
    actions[type]();
  }

  declare(index: number): void {
    const [resource, object] = DECLARED[index]!;
    const { namespace, name = '' } = metaOf(object);
    if (!this.world.get(resource, namespace, name)) this.world.create(resource, object as never);
  }

  /** All is well from here on: whatever is declared comes about, and then nothing more happens. */
  recover(): void {
    for (const name of NODES) this.plug(name);
    for (let index = 0; index < DECLARED.length; index++) this.declare(index);
    for (let round = 0; round < 60; round++) {
      this.world.settle();
      for (const pod of this.world.list(pods)) this.#live(pod);
      // What was taken out of somebody's hands is cleared away after a while.
      if (round === 20) for (const pod of this.world.list(pods).filter(isStray)) confirmGone(this.world, pod);
      this.#pass(10_000);
      this.beat();
    }
    this.world.settle();
  }

  #live(pod: Pod): void {
    if (isTerminating(pod)) confirmGone(this.world, pod);
    else if (!isActive(pod)) return;
    else if (!pod.spec?.nodeName) this.#place(0, pod);
    else if (isOfJob(pod)) reportEnd(this.world, pod, 'Succeeded');
    else if (!isReady(pod)) reportReady(this.world, pod);
  }

  /** The simplest scheduler: where the pod asks to be, or anywhere. */
  #place(which: number, given?: Pod): void {
    const waiting = this.world.list(pods).filter((pod) => !pod.spec?.nodeName && isActive(pod));
    const pod = given ?? waiting[which % Math.max(1, waiting.length)];
    const there = this.world.list(nodes).map((node) => metaOf(node).name ?? '');
    const [required] =
      pod?.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    const asked = required?.matchFields?.[0]?.values?.[0];
    const name = asked ?? there[which % Math.max(1, there.length)];
    if (pod && name && there.includes(name)) bind(this.world, pod, name);
  }

  #pass(ms: number): void {
    for (let leftMs = ms; leftMs > 0; leftMs -= 10_000) {
      this.world.advance(Math.min(10_000, leftMs));
      this.beat();
    }
  }

  #sized(which: number) {
    const all = SIZED.flatMap((resource) =>
      (this.world.list(resource, 'shop') as ApiObject[]).map((object) => ({ resource, object })),
    ).filter(({ object }) => !metaOf(object).ownerReferences);
    return all[which % Math.max(1, all.length)];
  }

  #scale(which: number): void {
    const found = this.#sized(which);
    const resize = ({ spec }: { spec?: object }) => Object.assign(spec!, { replicas: which % 5 });
    if (found) this.world.update(found.resource, found.object, resize as never);
  }

  #newImage(which: number): void {
    const found = this.#sized(which);
    const change = ({ spec }: { spec?: { template: object } }) =>
      Object.assign(spec!.template, { spec: podSpec(`shop:${which}`) });
    if (found && found.resource.plural !== 'replicasets')
      this.world.update(found.resource, found.object, change as never);
  }

  #remove(which: number): void {
    const found = this.#sized(which);
    const policies = ['Background', 'Foreground', 'Orphan'] as const;
    if (found) this.world.delete(found.resource, found.object, { propagationPolicy: policies[which % 3]! });
  }

  #unplug(name: string): void {
    const node = this.world.get(nodes, undefined, name);
    if (node) this.world.delete(nodes, node);
  }
}

const isOfJob = (pod: Pod): boolean => metaOf(pod).labels?.['job-name'] !== undefined;

const isStray = (pod: Pod): boolean => metaOf(pod).labels?.app === 'other';

/** What a controller decides, as far as it can be told. */
const told = (world: World, controller: Controller, key: string): string =>
  JSON.stringify(controller.reconcile(world, key, world.nowMs, seededRng(7)), (field, value) =>
    field === 'resource' ? (value as ResourceDefinition).plural : value,
  );

describe('every controller', () => {
  test('whatever happens: decides the same of the same, and comes to rest with all as declared', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 40, maxLength: 160 }), fc.nat(1_000), (happenings, seed) => {
        const yard = new Yard(seed);
        const { world } = yard;
        for (const { type, which } of happenings) {
          yard.happen(type, which);
          const next = world.due[which % Math.max(1, world.due.length)];
          if (next) expect(told(world, next.controller, next.key)).toBe(told(world, next.controller, next.key));
        }
        yard.recover();
        const readyOf = (uid = ''): number =>
          world.ownedBy(pods, uid).filter(isReady).length +
          world.ownedBy(replicaSets, uid).reduce((sum, { metadata }) => sum + readyOf(metadata?.uid), 0);
        for (const resource of SIZED) {
          for (const object of world.list(resource, 'shop') as (ApiObject & { spec?: { replicas?: number } })[]) {
            const { name, uid, ownerReferences } = metaOf(object);
            if (!ownerReferences) expect([name, readyOf(uid)]).toEqual([name, object.spec?.replicas]);
          }
        }
        expect(readyOf(world.get(daemonSets, 'shop', 'logs')?.metadata?.uid)).toBe(world.list(nodes).length);
        expect(world.get(jobs, 'shop', 'sum')?.status).toMatchObject({ succeeded: 4, uncountedTerminatedPods: {} });
        for (const { controller, key } of world.asked) {
          const left = world.decide(controller, key).filter(({ type }) => type !== 'wake');
          expect([controller.name, key, left]).toEqual([controller.name, key, []]);
        }
        // Nothing is left of what is gone, and nothing is held.
        const uids = new Set(world.everything.map(({ object }) => metaOf(object).uid));
        for (const { object } of world.everything) {
          expect([object.kind, metaOf(object).name, metaOf(object).deletionTimestamp]).toEqual([
            object.kind,
            metaOf(object).name,
            undefined,
          ]);
          for (const { uid } of metaOf(object).ownerReferences ?? []) expect(uids).toContain(uid);
        }
      }),
      { numRuns: 60 },
    );
  }, 40_000);
});
