import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { restMs } from './gang.ts';
import { binds, drive, GangDrive, group, lineOf, member, node, pod } from './gang-drive.fixture.ts';

describe('cost', () => {
  test('what a gang is left alone for grows with what it cost, to ten seconds', () => {
    expect([restMs(1, 0), restMs(1, 30), restMs(4000, 0), restMs(4000, 10), restMs(1e9, 1e9)]).toEqual([
      0.25, 100, 1000, 10_000, 10_000,
    ]);
  });

  test('a large gang that does not fit is not tried at every little relief, gangs of a kind are asked once', () => {
    const d = drive('200').groups(...Array.from({ length: 50 }, (_, i) => group(`g${i}`, 210)));
    for (let i = 0; i < 50; i++) for (let k = 0; k < 210; k++) d.add(pod(`p${i}-${k}`, { gang: `g${i}` }));
    d.settle(1_000_000);
    const { world } = d.scheduler;
    const before = world.cell.now;
    for (let i = 0; i < 100; i++) {
      d.add(pod(`tiny-${i}`, { cpu: '1m', spec: { nodeName: 'a' } })).remove(`tiny-${i}`);
      d.pass(100).settle();
    }
    // Two changes for each little pod; a try is two for each place it finds.
    const tries = (world.cell.now - before - 200) / 400;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(12);
    expect(binds(d.nodes(node('b', '10')).pass(10_000).settle(1_000_000))).toHaveLength(210);
  });

  test('pods that come one after another are not told of each', () => {
    const d = drive('9999').groups(group('g', 500));
    let told = 0;
    for (let i = 0; i < 499; i++) {
      d.add(member(`p${i}`)).pass(5);
      told += d.settle().length;
    }
    told += d.pass(60_000).settle().length;
    expect(told).toBeLessThan(1000);
    d.add(member('last'));
    expect(binds(d.settle())).toHaveLength(500);
  });
});

describe('whatever happens', () => {
  const id = fc.nat(11);
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ type: fc.constant('pod' as const), id, cpu: fc.integer({ min: 1, max: 3 }) }) },
    fc.record({ type: fc.constant('remove' as const), id }),
    fc.record({ type: fc.constant('fail' as const), id }),
    { weight: 2, arbitrary: fc.record({ type: fc.constant('group' as const), gang: fc.nat(2), min: fc.nat(5) }) },
    fc.record({ type: fc.constant('ungroup' as const), gang: fc.nat(2) }),
    fc.record({ type: fc.constant('single' as const), id: fc.nat(5), priority: fc.nat(1) }),
    fc.record({ type: fc.constant('grow' as const), node: fc.nat(2), cpu: fc.nat(6) }),
    fc.record({ type: fc.constant('pass' as const), ms: fc.nat(20_000) }),
    fc.record({ type: fc.constant('leave' as const), at: fc.nat(5) }),
  );

  test('a gang never starts with fewer than it needs, and nothing is held for one that waits', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, limit) => {
        const d = new GangDrive();
        const minMember = new Map<string, number>();
        const started = new Set<string>();
        const gangOf = (n: number) => `g${n % 3}`;
        const there = (gang: string) => d.there.filter((uid) => uid.endsWith(`-${gang}`)).length;
        for (const change of steps) {
          if (change.type === 'pod') {
            const gang = gangOf(change.id);
            const priority = change.id % 2 ? 1_000_000 : 0;
            const name = `p${change.id}-${gang}`;
            if (!d.pods.has(name)) d.add(pod(name, { gang, cpu: `${change.cpu}`, priority }));
          } else if (change.type === 'remove') d.remove(`p${change.id}-${gangOf(change.id)}`);
          else if (change.type === 'group') {
            d.groups(group(gangOf(change.gang), change.min, 7));
            minMember.set(gangOf(change.gang), Math.max(1, change.min));
          } else if (change.type === 'ungroup') {
            d.scheduler.removePodGroup(group(gangOf(change.gang), 1));
            minMember.delete(gangOf(change.gang));
          } else if (change.type === 'single' && !d.pods.has(`s${change.id}`))
            d.add(pod(`s${change.id}`, { cpu: '1', priority: change.priority }));
          if (change.type === 'grow') d.nodes(node(`n${change.node}`, `${change.cpu}`));
          else if (change.type === 'pass') d.pass(change.ms);
          else if (change.type === 'leave') {
            const uid = [...d.leaving][change.at];
            if (uid) d.remove(uid);
          } else if (change.type === 'fail') {
            const decisions = d.decide(limit);
            for (const decision of decisions)
              if (decision.type === 'bind') {
                const uid = decision.pod.metadata!.uid!;
                const gang = uid.split('-')[1];
                if (gang) started.add(gang);
                if (uid === `p${change.id}-${gangOf(change.id)}`) {
                  d.placed.delete(uid);
                  d.scheduler.bindFailed(uid);
                } else d.confirm(uid);
              }
          }
          for (const gang of [...started]) if (there(gang) === 0) started.delete(gang);
          const before = new Map(['g0', 'g1', 'g2'].map((gang) => [gang, there(gang)]));
          d.settle(limit);
          for (const gang of ['g0', 'g1', 'g2']) {
            const now = there(gang);
            // It has its places, or had them before, or got nothing.
            if (now > before.get(gang)!) {
              expect(minMember.has(gang)).toBe(true);
              expect(now).toBeGreaterThanOrEqual(minMember.get(gang)!);
              started.add(gang);
            }
            if (now > 0) expect(started.has(gang)).toBe(true);
          }
        }
        // All that is accounted belongs to pods that are there.
        for (const uid of [...d.pods.keys()]) if (!d.placed.has(uid)) d.remove(uid);
        d.settle();
        const { cell } = d.scheduler.world;
        const used = [...cell.nodes()].reduce((sum, [slot]) => sum + cell.used(0, slot), 0);
        const expected = d.there.reduce(
          (sum, uid) => sum + 1000 * Number(d.pods.get(uid)!.spec!.containers![0]!.resources!.requests!.cpu),
          0,
        );
        expect(used).toBe(expected);
        expect(d.scheduler.pendingCount).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('of gangs that fit alone but not together one is placed, in whatever order their pods come', () => {
    const gangs = fc.array(fc.record({ size: fc.integer({ min: 1, max: 6 }), cpu: fc.integer({ min: 1, max: 2 }) }), {
      minLength: 2,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        gangs,
        fc.array(fc.nat(1000), { minLength: 24, maxLength: 24 }),
        fc.integer({ min: 1, max: 4 }),
        (sizes, keys, limit) => {
          const d = drive('12').groups(...sizes.map(({ size }, i) => group(`g${i}`, size, 30)));
          const pods = sizes.flatMap(({ size, cpu }, i) =>
            Array.from({ length: size }, (_, k) => pod(`p${k}-g${i}`, { gang: `g${i}`, cpu: `${cpu}` })),
          );
          const order = pods.map((each, i) => [keys[i % keys.length]!, each] as const).sort((a, b) => a[0] - b[0]);
          for (const [key, each] of order) {
            d.add(each);
            if (key % 3 === 0) d.settle(limit);
          }
          d.settle(limit);
          const there = (gang: number) => d.there.filter((uid) => uid.endsWith(`-g${gang}`)).length;
          const whole = sizes.filter(({ size }, i) => there(i) === size);
          expect(whole.length).toBeGreaterThan(0);
          sizes.forEach(({ size }, i) => {
            expect([0, size]).toContain(there(i));
          });
          // Those who wait get their turn when the others have done their work, be it after they have timed out and stood back.
          for (let rounds = 0; rounds < 2 * sizes.length; rounds++) {
            d.remove(...d.there)
              .pass(20_000)
              .settle(limit);
          }
          expect(d.scheduler.pendingCount).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('the same is decided when the same is told', () => {
    const run = () => {
      const d = drive('7').groups(group('g', 3), group('h', 2));
      for (let i = 0; i < 8; i++) d.add(pod(`p${i}`, { gang: i % 2 ? 'g' : 'h' }));
      return d.decide().map(lineOf);
    };
    expect(run()).toEqual(run());
  });
});
