import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VolumeNeeds } from './volume-needs.ts';
import { VolumeUses } from './volume-uses.ts';

const CLAIMS = ['a', 'b', 'c'];
const DISKS = ['x', 'y'];
const SLOTS = [0, 1, 2];
const DRIVERS: Record<string, string | undefined> = { a: 'fast', b: 'fast', c: undefined };

const needsArbitrary = fc.record({
  claims: fc.uniqueArray(fc.constantFrom(...CLAIMS)).map((names) => names.map(useOf)),
  disks: fc.uniqueArray(fc.record({ key: fc.constantFrom(...DISKS), readOnly: fc.boolean() }), {
    selector: ({ key }) => key,
  }),
});

function useOf(name: string) {
  return { key: name, name, ephemeral: false };
}

interface Placed {
  slot: number;
  needs: VolumeNeeds;
  leaves: boolean;
  order: number;
}

/** All that can be asked. */
const answers = (uses: VolumeUses) => ({
  used: CLAIMS.map((name) => uses.isUsed(name)),
  on: SLOTS.map((slot) => CLAIMS.map((name) => uses.isOn(slot, name))),
  attached: SLOTS.map((slot) => uses.attached(slot, 'fast')),
  conflicts: SLOTS.map((slot) =>
    DISKS.flatMap((key) => [true, false].map((readOnly) => uses.disksConflict(slot, [{ key, readOnly }]))),
  ),
});

/** The same from the pods themselves. */
function expected(placed: readonly Placed[]) {
  const at = (slot: number) => placed.filter((pod) => pod.slot === slot).map(({ needs }) => needs);
  const has = (all: readonly VolumeNeeds[], name: string) =>
    all.some(({ claims }) => claims.some(({ key }) => key === name));
  return {
    used: CLAIMS.map((name) => SLOTS.some((slot) => has(at(slot), name))),
    on: SLOTS.map((slot) => CLAIMS.map((name) => has(at(slot), name))),
    attached: SLOTS.map((slot) => CLAIMS.filter((name) => DRIVERS[name] === 'fast' && has(at(slot), name)).length),
    conflicts: SLOTS.map((slot) =>
      DISKS.flatMap((key) =>
        [true, false].map((readOnly) =>
          at(slot).some(({ disks }) => disks.some((disk) => disk.key === key && !(readOnly && disk.readOnly))),
        ),
      ),
    ),
  };
}

const pods = fc.array(
  fc.record({ slot: fc.constantFrom(...SLOTS), needs: needsArbitrary, leaves: fc.boolean(), order: fc.nat() }),
);

test('adding and removing in any order leaves what the pods that are there use', () => {
  fc.assert(
    fc.property(pods, (all) => {
      const uses = new VolumeUses();
      for (const { slot, needs } of all) uses.add(slot, needs, (claim) => DRIVERS[claim]);
      const leaving = all.filter(({ leaves }) => leaves).sort((a, b) => a.order - b.order);
      for (const { slot, needs } of leaving) uses.remove(slot, needs);
      expect(answers(uses)).toEqual(expected(all.filter(({ leaves }) => !leaves)));
    }),
  );
});

test('it does not matter when the driver of a claim becomes known', () => {
  fc.assert(
    fc.property(pods, pods, (early, late) => {
      const uses = new VolumeUses();
      for (const { slot, needs } of early) uses.add(slot, needs, () => 'unknown');
      for (const name of CLAIMS) uses.setDriver(name, DRIVERS[name]);
      for (const { slot, needs } of late) uses.add(slot, needs, (claim) => DRIVERS[claim]);
      expect(answers(uses)).toEqual(expected([...early, ...late]));
    }),
  );
});

test('a question that is undone toggles nothing', () => {
  const uses = new VolumeUses();
  const needs = { claims: [useOf('a')], disks: [] };
  const toggled = () => uses.takeToggled().has('a');
  uses.add(0, needs, () => undefined);
  expect([toggled(), toggled()]).toEqual([true, false]);
  uses.remove(0, needs);
  uses.add(0, needs, () => undefined);
  expect(toggled()).toBe(false);
  uses.add(1, needs, () => undefined);
  expect(toggled()).toBe(false);
  uses.remove(0, needs);
  uses.remove(1, needs);
  expect(toggled()).toBe(true);
});

test('removing what was never added does nothing', () => {
  const uses = new VolumeUses();
  uses.remove(0, { claims: [useOf('a')], disks: [] });
  expect(answers(uses)).toEqual(expected([]));
});
