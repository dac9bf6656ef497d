import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Drive } from './reference/drive.fixture.ts';
import { type History, history } from './reference/random-steps.fixture.ts';
import { nameOf } from './reference/world.fixture.ts';

const LARGE = { nodes: 200, templates: 100, steps: 2000, isLarge: true };
/** Decisions; a comparison looks at every pod on every node. */
const COMPARE_EVERY = 200;
const TIMEOUT_MS = 60_000;
const SMALL = { nodes: 6, templates: 5, steps: 60 };

describe('the scheduler, whatever happens in the cell', { timeout: TIMEOUT_MS }, () => {
  test('places every pod on the best of the nodes that take it, and leaves none waiting for nothing', () => {
    fc.assert(
      fc.property(history(SMALL), (whole) => {
        new Drive(whole).run(whole.steps).settle();
      }),
      { numRuns: 150 },
    );
  });

  test('decides the same when it is told the same', () => {
    fc.assert(
      fc.property(history(SMALL), (whole) => {
        expect(transcriptOf(whole)).toEqual(transcriptOf(whole));
      }),
      { numRuns: 100 },
    );
  });

  test('decides the same as one that was told only how things stand', () => {
    fc.assert(
      fc.property(history(SMALL), (whole) => {
        const old = new Drive(whole, () => false).run(whole.steps);
        const fresh = heirOf(old, whole);
        for (const drive of [old, fresh]) {
          drive.transcript.length = 0;
          for (let template = 0; template < 2 * whole.templates.length; template++) placeOne(drive, template);
        }
        expect(fresh.transcript).toEqual(old.transcript);
      }),
      { numRuns: 200 },
    );
  });

  test.each([1, 2, 3])('places pods on the best node of a larger cell, seed %i', (seed) => {
    const [whole] = fc.sample(history(LARGE), { numRuns: 1, seed }) as [History];
    let compared = 0;
    new Drive(whole, () => compared++ % COMPARE_EVERY === 0).run(whole.steps).settle();
  });
});

const transcriptOf = (whole: History): string[] => new Drive(whole, () => false).run(whole.steps).transcript;

/** One at a time: in which order pods are tried is another matter. */
function placeOne(drive: Drive, template: number): void {
  drive.step({ type: 'create', template });
  drive.settle();
  drive.confirmAll();
  for (const pod of drive.model.in('pending')) drive.forget(pod);
}

/** Knows what the old one does, but not how it came about. Nobody is on the way or waits any more. */
function heirOf(old: Drive, { templates }: History): Drive {
  const { model, scheduler } = old;
  old.confirmAll();
  for (const pod of model.in('pending')) old.forget(pod);
  const placeOf = (name: string) => scheduler.world.cell.slotOf(name) ?? -1;
  const nodes = [...model.nodes.values()].sort((a, b) => placeOf(nameOf(a)) - placeOf(nameOf(b)));
  const fresh = new Drive(
    { namespaces: [...model.namespaces.values()], nodes, templates, storage: model.storage.storage, steps: [] },
    () => false,
  );
  for (const pod of model.in('placed')) fresh.tell(pod);
  fresh.created = old.created;
  return fresh;
}
