import { describe, expect, test } from 'vitest';
import { SELECTED_NODE } from '../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { claimsSettled, type Expected, Unsettled } from './claim-settled.ts';
import type { SchedulerView } from './scheduler-context.ts';
import { claim } from './volumes/storage.fixture.ts';

const TIMEOUT_MS = 600_000;
const onNode = (node: string) => ({ annotations: { [SELECTED_NODE]: node } });

/** The wait for some claims, by a cache that is told of them. */
function waitFor(...expected: Expected[]) {
  const clock = new ManualClock();
  const claims = new Map<string, PersistentVolumeClaim>();
  const listeners = new Set<() => void>();
  const cache = {
    get: (_: unknown, __: unknown, name: string) => claims.get(name),
    subscribe(_: unknown, listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as SchedulerView;
  const stop = new AbortController();
  const tell = (name: string, traits: Parameters<typeof claim>[1] | undefined) => {
    if (traits) claims.set(name, claim(name, traits));
    else claims.delete(name);
    for (const listener of [...listeners]) listener();
  };
  for (const { name } of expected) tell(name, {});
  let outcome = 'waits';
  claimsSettled({ cache, clock }, 'default', expected, TIMEOUT_MS, stop.signal).then(
    () => {
      outcome = 'settled';
    },
    (error: unknown) => {
      outcome = error instanceof Unsettled ? error.message : 'stopped';
    },
  );
  return {
    tell,
    stop,
    async outcome(afterMs = 0) {
      await clock.advance(afterMs);
      return { outcome, listeners: listeners.size, timers: clock.pending };
    },
  };
}

const over = (outcome: string) => ({ outcome, listeners: 0, timers: 0 });

describe('claims', () => {
  test('that are all bound are settled', async () => {
    const wait = waitFor({ name: 'a' }, { name: 'b', selectedNode: 'n' });
    wait.tell('a', { volumeName: 'v' });
    expect((await wait.outcome()).outcome).toBe('waits');
    wait.tell('b', { volumeName: 'w', ...onNode('n') });
    expect(await wait.outcome()).toEqual(over('settled'));
  });

  test('one of which is gone are not', async () => {
    const wait = waitFor({ name: 'a' }, { name: 'b' });
    wait.tell('b', undefined);
    expect(await wait.outcome()).toEqual(over('persistentvolumeclaim "b" is gone'));
  });

  test('get a while, and no longer', async () => {
    const wait = waitFor({ name: 'a' }, { name: 'b' });
    wait.tell('a', { volumeName: 'v' });
    expect((await wait.outcome(TIMEOUT_MS - 1)).outcome).toBe('waits');
    expect(await wait.outcome(1)).toEqual(over('claims a, b got no volume within 600 s'));
  });

  test('whose node the provisioner takes back are not waited for', async () => {
    const wait = waitFor({ name: 'a' }, { name: 'b', selectedNode: 'n' });
    wait.tell('a', {});
    expect((await wait.outcome()).outcome, 'the cache may not have heard of the node yet').toBe('waits');
    wait.tell('b', onNode('n'));
    expect((await wait.outcome()).outcome).toBe('waits');
    wait.tell('b', {});
    expect(await wait.outcome()).toEqual(over('the provisioner could not make a volume for claim b on n'));
  });

  test('are not waited for by who stops', async () => {
    const wait = waitFor({ name: 'a' });
    wait.stop.abort();
    expect(await wait.outcome()).toEqual(over('stopped'));
  });
});
