import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import type { PodGroup } from '../../api/stowage/pod-group.ts';
import { nodeOf, type PodTraits, podOf, timeAt } from './preemption.fixture.ts';
import { type Decision, Scheduler } from './scheduler.ts';

const FREE = -1_000_000;
const BATCH = 100_000;
const PRODUCTION = 10_000_000;
const MONITORING = 950_000_000;
const NODES = ['a', 'b', 'c'];
/** The grace that pods have by themselves, and what is added to it. */
const PATIENCE_MS = 60_000;

const nameOf = (pod: Pod) => pod.metadata?.name;

const summaryOf = (decision: Decision): string => {
  switch (decision.type) {
    case 'bind':
      return `${nameOf(decision.pod)} to ${decision.nodeName}`;
    case 'evict':
      return `${nameOf(decision.pod)} leaves ${decision.nodeName} for ${nameOf(decision.preemptor)}`;
    case 'nominate':
      return `${nameOf(decision.pod)} holds ${decision.nodeName ?? 'nothing'}`;
    case 'explain':
      return `${nameOf(decision.pod)} waits`;
    default:
      return `${decision.type}`;
  }
};

/**
 * A scheduler and its API.
 *
 * Owns: the time.
 */
class Stage {
  readonly scheduler = new Scheduler();
  nowMs = 0;

  constructor(...nodes: readonly string[]) {
    for (const name of nodes) this.scheduler.setNode(nodeOf(name, { cpu: '4' }));
  }

  tell(name: string, traits: PodTraits): this {
    this.scheduler.setPod(podOf(name, traits));
    return this;
  }

  after(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  /** Everything that is decided by now. */
  decide(): string[] {
    const all: string[] = [];
    for (;;) {
      const decisions = this.scheduler.decide(this.nowMs, 100);
      if (decisions.length === 0) return all;
      all.push(...decisions.map(summaryOf).filter((text) => !/ waits$|^group$/.test(text)));
      if (all.length > 1000) throw new Error(`no end of decisions: ${all.slice(-10).join('; ')}`);
    }
  }
}

const whole = (priority: number, nodeName?: string): PodTraits => ({ cpu: '4', priority, nodeName });

describe('a place that is made', () => {
  test('is held until those have gone who must, and then taken', () => {
    const stage = new Stage('a').tell('low', whole(BATCH, 'a')).tell('high', whole(PRODUCTION));
    expect(stage.decide()).toEqual(['low leaves a for high', 'high holds a']);
    expect(stage.decide()).toEqual([]);
    stage.tell('low', { ...whole(BATCH, 'a'), leaving: true });
    expect(stage.decide()).toEqual([]);
    stage.scheduler.removePod('low');
    expect(stage.decide()).toEqual(['high to a']);
    expect(stage.scheduler.pendingCount).toBe(0);
    expect(stage.scheduler.world.cell.used(0, 0)).toBe(4000);
  });

  test('is not taken by an equal pod that arrives meanwhile, nor by a small one that would fit', () => {
    const stage = new Stage('a').tell('low', { cpu: '4', priority: BATCH, nodeName: 'a' });
    stage.tell('high', { cpu: '3', priority: PRODUCTION });
    expect(stage.decide()).toEqual(['low leaves a for high', 'high holds a']);
    stage.tell('equal', { cpu: '3', priority: PRODUCTION }).tell('small', { cpu: '2', priority: BATCH });
    expect(stage.decide()).toEqual([]);
    stage.scheduler.removePod('low');
    expect(stage.decide()).toEqual(['high to a']);
  });

  test('leaves what is over to others', () => {
    const stage = new Stage('a').tell('low', whole(BATCH, 'a')).tell('high', { cpu: '3', priority: PRODUCTION });
    stage.decide();
    stage.tell('other', { cpu: '1', priority: BATCH - 1 });
    stage.scheduler.removePod('low');
    expect(stage.decide()).toEqual(['high to a', 'other to a']);
  });

  test('is yielded to a more important pod, and nobody is told to go twice', () => {
    const stage = new Stage('a').tell('low', whole(BATCH, 'a')).tell('high', whole(PRODUCTION));
    stage.decide();
    stage.tell('higher', whole(MONITORING));
    expect(stage.decide()).toEqual(['high holds nothing', 'higher holds a']);
    stage.scheduler.removePod('low');
    expect(stage.decide()).toEqual(['higher to a']);
    expect(stage.after(2000).decide()).toEqual([]);
    stage.scheduler.removePod('higher');
    expect(stage.decide()).toEqual(['high to a']);
  });

  test('is given up when those do not go in time, and tried again', () => {
    const stage = new Stage('a').tell('low', whole(BATCH, 'a')).tell('high', whole(PRODUCTION));
    stage.decide();
    expect(stage.scheduler.nextDueMs).toBe(PATIENCE_MS);
    expect(stage.after(PATIENCE_MS - 1).decide()).toEqual([]);
    expect(stage.after(1).decide()).toEqual(['high holds nothing']);
    expect(stage.scheduler.nextDueMs).toBe(PATIENCE_MS + 1000);
    expect(stage.after(1000).decide()).toEqual(['low leaves a for high', 'high holds a']);
  });

  test('is looked for elsewhere where somebody leaves for ever', () => {
    const stage = new Stage('a', 'b').tell('stuck', { cpu: '2', nodeName: 'a', leaving: true });
    stage.tell('low', { cpu: '2', nodeName: 'a' }).tell('fine', whole(0, 'b')).tell('high', whole(PRODUCTION));
    expect(stage.decide()).toEqual(['low leaves a for high', 'high holds a']);
    stage.scheduler.removePod('low');
    expect(stage.after(PATIENCE_MS).decide()).toEqual(['high holds nothing']);
    expect(stage.after(1000).decide()).toEqual(['fine leaves b for high', 'high holds b']);
  });

  test('is free again when nobody wants it any more', () => {
    const stage = new Stage('a').tell('low', whole(BATCH, 'a')).tell('high', whole(PRODUCTION));
    stage.decide();
    stage.scheduler.removePod('high');
    expect(stage.decide()).toEqual([]);
    stage.scheduler.removePod('low');
    expect(stage.scheduler.world.cell.used(0, 0)).toBe(0);
    expect(stage.scheduler.pendingCount).toBe(0);
  });

  test('is freed at once by one whose bind fails', () => {
    const stage = new Stage('a').tell('low', whole(BATCH));
    expect(stage.decide()).toEqual(['low to a']);
    stage.tell('high', whole(PRODUCTION));
    expect(stage.decide()).toEqual(['low leaves a for high', 'high holds a']);
    stage.scheduler.bindFailed('low');
    expect(stage.decide()).toEqual(['high to a']);
  });

  test('is taken when the node is open again', () => {
    const stage = new Stage('a').tell('low', whole(BATCH, 'a')).tell('high', whole(PRODUCTION));
    stage.decide();
    stage.scheduler.setNode(nodeOf('a', { cpu: '4' }, { spec: { unschedulable: true } }));
    stage.scheduler.removePod('low');
    expect(stage.decide()).toEqual([]);
    stage.scheduler.setNode(nodeOf('a', { cpu: '4' }));
    expect(stage.decide()).toEqual(['high to a']);
  });
});

describe('a pod that waits', () => {
  test('is tried again when there is not room, but room enough with what others would have to give up', () => {
    const stage = new Stage('a').tell('peer', { cpu: '3', priority: PRODUCTION, nodeName: 'a' });
    stage.tell('low', { cpu: '1', priority: BATCH, nodeName: 'a' }).tell('high', whole(PRODUCTION));
    expect(stage.decide()).toEqual([]);
    stage.scheduler.removePod('peer');
    expect(stage.decide()).toEqual(['low leaves a for high', 'high holds a']);
  });

  test('is not held back by one like it that never preempts', () => {
    const stage = new Stage('a').tell('peer', { cpu: '3', priority: PRODUCTION, nodeName: 'a' });
    stage.tell('low', { cpu: '1', priority: BATCH, nodeName: 'a' });
    stage.tell('never', { ...whole(PRODUCTION), spec: { preemptionPolicy: 'Never' } });
    stage.tell('high', whole(PRODUCTION));
    expect(stage.decide()).toEqual([]);
    stage.scheduler.removePod('peer');
    expect(stage.decide()).toEqual(['low leaves a for high', 'high holds a']);
  });
});

describe('a gang', () => {
  const group: PodGroup = {
    apiVersion: 'stowage.dev/v1',
    kind: 'PodGroup',
    metadata: { name: 'gang', namespace: 'default' },
    spec: { minMember: 2 },
  };
  const labels = { 'stowage.dev/pod-group': 'gang' };

  test('holds all its places until all who must have gone, once', () => {
    const stage = new Stage('a', 'b').tell('one', whole(BATCH, 'a')).tell('two', whole(BATCH, 'b'));
    stage.scheduler.setPodGroup(group);
    stage.tell('x', { ...whole(PRODUCTION), labels }).tell('y', { ...whole(PRODUCTION), labels });
    const told = ['one leaves a for x', 'two leaves b for x', 'x holds a', 'y holds b'];
    expect(stage.decide()).toEqual(told);
    stage.scheduler.removePod('one');
    expect(stage.decide()).toEqual([]);
    stage.scheduler.removePod('two');
    expect(stage.decide()).toEqual(['x to a', 'y to b']);
    expect(stage.scheduler.pendingCount).toBe(0);
  });

  test('does not push out one of its own', () => {
    const stage = new Stage('a').tell('low', whole(FREE, 'a'));
    stage.scheduler.setPodGroup(group);
    stage.tell('x', { ...whole(0), labels }).tell('y', { ...whole(BATCH), labels });
    expect(stage.decide()).toEqual([]);
    expect(stage.scheduler.world.cell.used(0, 0)).toBe(4000);
  });

  test('gives up all its places for one more important pod', () => {
    const stage = new Stage('a', 'b').tell('one', whole(BATCH, 'a')).tell('two', whole(BATCH, 'b'));
    stage.scheduler.setPodGroup(group);
    stage.tell('x', { ...whole(PRODUCTION), labels }).tell('y', { ...whole(PRODUCTION), labels });
    stage.decide();
    stage.tell('higher', whole(MONITORING));
    expect(stage.decide()).toEqual(['x holds nothing', 'y holds nothing', 'higher holds a']);
  });
});

describe('in the long run', () => {
  const arrival = fc.record({
    cpu: fc.constantFrom('1', '2', '3', '4'),
    priority: fc.constantFrom(FREE, 0, 0, BATCH, PRODUCTION - 1, PRODUCTION, MONITORING),
  });
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('arrive' as const), traits: arrival }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('end' as const), at: fc.nat(30) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('gone' as const), at: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.constantFrom(1, 20, 100) }) },
  );

  test('whoever is told to go is less important, there is an end to it, and nobody waits who could be helped', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const play = new Play();
        for (const one of events) play.on(one);
        play.rest();
      }),
      { numRuns: 200 },
    );
  });

  type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

  /** Pods that are told to go are made again, as a controller would. */
  class Play {
    readonly #stage = new Stage(...NODES);
    readonly #waiting = new Map<string, PodTraits>();
    readonly #placed = new Map<string, Pod>();
    readonly #leaving = new Map<string, Pod>();
    #created = 0;

    on(one: Event): void {
      if (one.type === 'arrive') this.#arrive(one.traits);
      if (one.type === 'end') this.#end(this.#placed, one.at);
      if (one.type === 'gone') this.#end(this.#leaving, one.at);
      if (one.type === 'wait') this.#stage.after(1000 * one.seconds);
      this.#decide();
    }

    /** Nobody new comes; whoever leaves does. */
    rest(): void {
      let evictions = 0;
      for (let round = 0; round < 200; round++) {
        for (const uid of [...this.#leaving.keys()]) this.#gone(uid);
        this.#stage.after(11_000);
        const told = this.#decide();
        evictions += told;
        if (told === 0 && this.#leaving.size === 0 && round > 3) break;
        expect(round, `rounds in which pods were told to go, of which ${evictions} were`).toBeLessThan(100);
      }
      for (let slot = 0; slot < NODES.length; slot++)
        expect(this.#stage.scheduler.world.cell.used(0, slot)).toBeLessThanOrEqual(4000);
      expect(this.#heir().decide(), 'what one who is told only how things stand would do').toEqual([]);
    }

    #heir(): Stage {
      const heir = new Stage(...NODES);
      for (const pod of this.#placed.values()) heir.scheduler.setPod(pod);
      for (const [name, traits] of this.#waiting) heir.tell(name, traits);
      return heir;
    }

    #arrive({ cpu, priority }: { cpu: string; priority: number }): void {
      const name = `pod-${this.#created++}`;
      this.#waiting.set(name, { cpu, priority });
      this.#stage.tell(name, { cpu, priority });
    }

    #end(among: Map<string, Pod>, at: number): void {
      const uid = [...among.keys()][at % Math.max(1, among.size)];
      if (uid !== undefined) this.#gone(uid);
    }

    #gone(uid: string): void {
      this.#placed.delete(uid);
      this.#leaving.delete(uid);
      this.#stage.scheduler.removePod(uid);
    }

    /** How many were told to go. */
    #decide(): number {
      const { scheduler, nowMs } = this.#stage;
      let told = 0;
      for (let count = 0; ; count++) {
        const decisions = scheduler.decide(nowMs, 1);
        if (decisions.length === 0) return told;
        for (const decision of decisions) {
          if (decision.type === 'bind') this.#bind(decision.pod, decision.nodeName);
          if (decision.type === 'evict') this.#evict(decision.pod, decision.preemptor);
          if (decision.type === 'evict') told++;
        }
        expect(count).toBeLessThan(1000);
      }
    }

    #bind(pod: Pod, nodeName: string): void {
      const bound = { ...pod, spec: { ...pod.spec!, nodeName } };
      this.#placed.set(pod.metadata!.uid!, bound);
      this.#waiting.delete(pod.metadata!.uid!);
      this.#stage.scheduler.setPod(bound);
    }

    #evict(pod: Pod, preemptor: Pod): void {
      expect(pod.spec!.priority).toBeLessThan(preemptor.spec!.priority!);
      const uid = pod.metadata!.uid!;
      expect(this.#placed.has(uid), `${uid} is there, and told to go for the first time`).toBe(true);
      this.#placed.delete(uid);
      const leaving = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: timeAt(0) } };
      this.#leaving.set(uid, leaving);
      this.#stage.scheduler.setPod(leaving);
      const [container] = pod.spec!.containers;
      this.#arrive({ cpu: container!.resources!.requests!.cpu!, priority: pod.spec!.priority! });
    }
  }
});
