import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { defaultSchedulingPolicy } from '../../api/stowage/scheduling-policy.ts';
import { Arena, budgetOf, nodeOf, timeAt } from './preemption.fixture.ts';
import {
  compareReferenceCosts,
  isAdmitted,
  mayHaveToGo,
  type PreemptionWorld,
  referenceEvictions,
} from './preemption-reference.fixture.ts';
import { FEATURES, HOSTNAME, NAMESPACES, nodeName, nodeNamed, ZONE } from './reference/random-nodes.fixture.ts';
import { type PodTemplate, podFrom, podTemplate } from './reference/random-pods.fixture.ts';
import { nameOf } from './reference/world.fixture.ts';

const NODES = 4;
const PRIORITIES = [-1_000_000, 0, 0, 0, 100_000, 10_000_000, 950_000_000];
const PREEMPTORS = 3;

type Step =
  | { readonly type: 'place' | 'hold'; readonly template: number; readonly node: number; readonly started?: number }
  | { readonly type: 'remove' | 'leave' | 'tell' | 'start'; readonly at: number; readonly seconds: number }
  | { readonly type: 'node'; readonly node: Node }
  | { readonly type: 'budget'; readonly app: string; readonly allowed: number | undefined };

interface Scene {
  readonly nodes: readonly Node[];
  readonly templates: readonly PodTemplate[];
  readonly steps: readonly Step[];
}

type Features = Parameters<typeof nodeNamed>[1];

const at = fc.nat(20);
const seconds = fc.nat(3);
const node = fc.nat(NODES - 1);
const kind = <T extends string>(type: T) => fc.constant(type);

const stepOf = (nodeAt: (index: number) => fc.Arbitrary<Node>) =>
  fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
    {
      weight: 10,
      arbitrary: fc.record({
        type: kind('place'),
        template: at,
        node,
        started: fc.option(fc.nat(3), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: kind('hold'), template: at, node }) },
    { weight: 2, arbitrary: fc.record({ type: kind('remove'), at, seconds }) },
    { weight: 4, arbitrary: fc.record({ type: kind('start'), at, seconds }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('leave' as const, 'tell'), at, seconds }) },
    { weight: 1, arbitrary: node.chain((index) => fc.record({ type: kind('node'), node: nodeAt(index) })) },
    {
      weight: 4,
      arbitrary: fc.record({
        type: kind('budget'),
        app: fc.constantFrom('web', 'db'),
        allowed: fc.constantFrom(undefined, 0, 1, 2),
      }),
    },
  );

const sceneOf = (
  nodeAt: (index: number) => fc.Arbitrary<Node>,
  template: (priority: number) => fc.Arbitrary<PodTemplate>,
): fc.Arbitrary<Scene> =>
  fc.record({
    nodes: fc.tuple(...Array.from({ length: NODES }, (_, index) => nodeAt(index))),
    templates: fc.array(fc.constantFrom(...PRIORITIES).chain(template), { minLength: 4, maxLength: 8 }),
    steps: fc.array(stepOf(nodeAt), { minLength: 20, maxLength: 50 }),
  });

/** With every feature there is. */
const anyScene = fc.subarray(FEATURES.filter((name) => !['volumes', 'schedulers'].includes(name))).chain((some) => {
  const on: Features = new Set([...some, 'requests' as const]);
  return sceneOf(
    (index) => nodeNamed(nodeName(index), on),
    (priority) => podTemplate(priority, on),
  );
});

const apart = (app: string) => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: HOSTNAME, labelSelector: { matchLabels: { app } } },
      { topologyKey: ZONE, labelSelector: { matchLabels: { app: 'rare' } } },
    ],
  },
});

/** A few pods each on nodes that are alike and full, so that hardly anything but who they are decides. */
const denseScene = sceneOf(
  (index) =>
    fc
      .constantFrom('6', '8')
      .map((cpu) => nodeOf(nodeName(index), { cpu }, { metadata: { labels: { [ZONE]: `${index % 2}` } } })),
  (priority) =>
    fc
      .record({
        app: fc.constantFrom('web', 'web', 'db', 'rare'),
        cpu: fc.constantFrom('1', '2', '2'),
        hostPort: fc.constantFrom(0, 0, 0, 80),
        away: fc.constantFrom(undefined, undefined, undefined, 'web', 'db'),
      })
      .map(({ app, cpu, hostPort, away }) => {
        const ports = hostPort ? [{ containerPort: 80, hostPort }] : undefined;
        const containers = [{ name: 'main', image: 'app', resources: { requests: { cpu } }, ports }];
        const affinity = away ? apart(away) : undefined;
        return { namespace: NAMESPACES[0], labels: { app }, spec: { containers, priority, affinity } };
      }),
);
const scene = fc.oneof(anyScene, { weight: 3, arbitrary: denseScene });

/**
 * Takes an arena through the steps.
 *
 * Owns: the arena, and the same cell as plain lists.
 */
class Drive {
  readonly arena = new Arena();
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new Map<string, Pod>();
  readonly #held = new Set<string>();
  readonly #budgets = new Map<string, number>();
  readonly #templates: readonly PodTemplate[];
  #created = 0;

  constructor({ nodes, templates }: Scene) {
    this.#templates = templates;
    for (const node of nodes) this.step({ type: 'node', node });
  }

  get world(): PreemptionWorld {
    const budgets = [...this.#budgets].map(([app, allowed]) => budget(app, allowed));
    return {
      nodes: [...this.#nodes.values()],
      namespaces: [],
      pods: [...this.#pods.values()],
      volumes: [],
      claims: [],
      classes: [],
      csiNodes: [],
      policy: defaultSchedulingPolicy(),
      budgets,
      held: this.#held,
      evicted: this.arena.evicted,
    };
  }

  step(step: Step): void {
    const { arena } = this;
    switch (step.type) {
      case 'node':
        this.#nodes.set(nameOf(step.node), step.node);
        arena.world.setNode(step.node);
        break;
      case 'budget':
        if (step.allowed === undefined) this.#budgets.delete(step.app);
        else this.#budgets.set(step.app, step.allowed);
        if (step.allowed === undefined) arena.budgets.remove(NAMESPACES[0], step.app);
        else arena.budgets.set(budget(step.app, step.allowed));
        break;
      case 'place':
      case 'hold':
        this.#add(step);
        break;
      default:
        this.#change(step);
    }
  }

  preemptors(): Pod[] {
    return this.#templates.slice(0, PREEMPTORS).map((template, index) => {
      const { preemptionPolicy: _, ...spec } = template.spec;
      return podFrom({ ...template, spec }, 1000 + index);
    });
  }

  #add({ type, template, node, started }: Extract<Step, { type: 'place' | 'hold' }>): void {
    const made = podFrom(this.#templates[template % this.#templates.length]!, this.#created++);
    const status = started === undefined ? {} : { startTime: timeAt(started) };
    const pod = { ...made, spec: { ...made.spec!, nodeName: nodeName(node) }, status };
    this.#pods.set(pod.metadata!.uid!, pod);
    if (type === 'place') this.arena.place(pod);
    else {
      this.#held.add(pod.metadata!.uid!);
      this.arena.hold(pod, nodeName(node));
    }
  }

  #change(step: Extract<Step, { readonly at: number }>): void {
    const pods = [...this.#pods.values()].filter(({ metadata }) => !this.#held.has(metadata!.uid!));
    const pod = pods[step.at % Math.max(1, pods.length)];
    if (!pod) return;
    const { uid = '' } = pod.metadata!;
    const { arena } = this;
    if (step.type === 'remove') {
      this.#pods.delete(uid);
      arena.remove(uid);
    } else if (step.type === 'leave') {
      const leaving = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: timeAt(step.seconds) } };
      this.#pods.set(uid, leaving);
      arena.place(leaving);
    } else if (step.type === 'tell') {
      arena.evicted.add(uid);
      arena.place(pod);
    } else {
      this.#pods.set(uid, { ...pod, status: { ...pod.status, startTime: timeAt(step.seconds) } });
      arena.start(uid, step.seconds);
    }
  }
}

const budget = (app: string, allowed: number) => {
  const made = budgetOf(app, { app }, allowed);
  return { ...made, metadata: { ...made.metadata, namespace: NAMESPACES[0] } };
};

/** Says how often there was anything to find, so that the test cannot pass for want of it. */
const finds = { some: 0, none: 0 };

describe('an eviction, whatever there is in the cell', () => {
  test('is the one that the page says, and the same whoever remembers what', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(scene, (whole) => {
        const drive = new Drive(whole);
        for (const step of whole.steps) {
          drive.step(step);
          for (const pod of drive.preemptors()) {
            const remembered = drive.arena.find(pod);
            expect(remembered, 'what a table that is kept says').toBe(drive.arena.find(pod, drive.arena.fresh()));
            if (remembered === undefined) finds.none++;
            else finds.some++;
          }
        }
        for (const pod of drive.preemptors()) check(drive, pod);
      }),
      { numRuns: 100 },
    );
    expect(finds.some).toBeGreaterThan(400);
    expect(finds.none).toBeGreaterThan(400);
  });

  test('leaves the cell as it was', () => {
    fc.assert(
      fc.property(scene, (whole) => {
        const drive = new Drive(whole);
        for (const step of whole.steps) drive.step(step);
        const { cell } = drive.arena.world;
        const usage = () =>
          drive.world.nodes.map((_, slot) =>
            Array.from({ length: cell.resources.size }, (__, id) => cell.used(id, slot)),
          );
        const pendings = drive.preemptors().map((pod) => drive.arena.pending(pod));
        const before = [cell.now, usage(), pendings.map(({ shape }) => shape.feasible())];
        for (const pending of pendings) drive.arena.preemption.find(pending);
        expect([cell.now, usage(), pendings.map(({ shape }) => shape.feasible())]).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });
});

function check({ arena, world }: Drive, pod: Pod): void {
  const all = referenceEvictions(world, pod);
  const eviction = arena.preemption.find(arena.pending(pod));
  if (!eviction) {
    expect(all.map(({ node }) => nameOf(node))).toEqual([]);
    return;
  }
  const name = arena.world.cell.nameAt(eviction.slot);
  const expected = all.find(({ node }) => nameOf(node) === name);
  const uids = (pods: readonly { readonly uid: string }[]) => pods.map(({ uid }) => uid).sort();
  expect(uids(eviction.victims), `victims on ${name}`).toEqual(
    expected && [...expected.victims, ...expected.awaited].map(({ metadata }) => metadata!.uid!).sort(),
  );
  for (const [index, other] of all.entries()) {
    const order = compareReferenceCosts(other.cost, expected!.cost);
    expect(order < 0, `${nameOf(other.node)} ${other.cost} better than ${name} ${expected!.cost}`).toBe(false);
    if (order === 0 && expected!.cost[3] === other.cost[3]) expect(all.indexOf(expected!)).toBeLessThanOrEqual(index);
  }
  expectMinimal(world, pod, expected!.node, [...expected!.victims, ...expected!.awaited]);
  for (const victim of expected!.victims) expect(mayHaveToGo(world, pod, victim)).toBe(true);
}

/** No smaller part of them would do. */
function expectMinimal(world: PreemptionWorld, pod: Pod, node: Node, gone: readonly Pod[]): void {
  expect(isAdmitted(world, pod, node, new Set(gone))).toBe(true);
  for (const one of gone) {
    const fewer = new Set(gone.filter((other) => other !== one));
    expect(isAdmitted(world, pod, node, fewer), `without ${one.metadata?.uid} going`).toBe(false);
  }
}
