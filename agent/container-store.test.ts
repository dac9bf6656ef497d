import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContainerStore } from './container-store.ts';
import { containerLabels } from './labels.ts';
import type { ContainerEvent, ContainerInfo } from './runtime.ts';

const pod = { metadata: { namespace: 'default', name: 'web', uid: 'u1' } };
const attempt = {
  role: 'app',
  container: 'app',
  attempt: 0,
  crashes: 0,
  sandboxId: '',
  sandboxAttempt: 0,
  specHash: '',
} as const;
const labels = containerLabels({ cellId: 'c', nodeName: 'n' }, pod, attempt);
const common = { id: 'x', name: 'x', image: 'app:1', labels };
const event = (type: ContainerEvent['type'], atMs: number, more = {}): ContainerEvent => ({
  ...common,
  type,
  atMs,
  ...more,
});
const info = (state: ContainerInfo['state'], more: Partial<ContainerInfo> = {}): ContainerInfo => ({
  ...common,
  imageId: 'sha256:1',
  state,
  createdAtMs: 1,
  ...more,
});
const filled = (...events: ContainerEvent[]) => {
  const store = new ContainerStore(() => {});
  for (const one of events) store.apply(one);
  return store;
};

describe('the container store', () => {
  test('follows a life through its events', () => {
    const store = filled(event('created', 1), event('started', 2), event('died', 3, { exitCode: 4 }));
    expect(store.of('u1')).toMatchObject([{ state: 'exited', startedAtMs: 2, finishedAtMs: 3, exitCode: 4 }]);
    store.apply(event('removed', 4));
    expect(store.of('u1')).toEqual([]);
  });

  test('an event that comes late does not take a container back', () => {
    const store = filled(
      event('created', 1),
      event('started', 2),
      event('died', 3),
      event('started', 2),
      event('created', 1),
    );
    expect(store.get('x')?.state).toBe('exited');
  });

  test('the end of a container that has been removed does not bring it back', () => {
    const store = filled(event('created', 1), event('removed', 2), event('died', 2));
    expect(store.of('u1')).toEqual([]);
  });

  test('a pause is known from events and from inspections, and over with either', () => {
    const store = filled(event('created', 1), event('started', 2), event('paused', 3));
    expect(store.get('x')?.paused).toBe(true);
    store.apply(event('resumed', 4));
    expect(store.get('x')?.paused).toBeUndefined();
    store.note(info('running', { startedAtMs: 2, paused: true }));
    expect(store.get('x')?.paused).toBe(true);
    store.note(info('running', { startedAtMs: 2 }));
    expect(store.get('x')?.paused).toBeUndefined();
    store.apply(event('paused', 5));
    store.apply(event('died', 6));
    expect(store.get('x')).toMatchObject({ state: 'exited', paused: undefined });
    store.apply(event('paused', 5));
    expect(store.get('x')?.paused).toBeUndefined();
  });

  test('somebody who starts an ended container again is believed', () => {
    const store = filled(event('created', 1), event('started', 2), event('died', 3), event('started', 5));
    expect(store.get('x')).toMatchObject({ state: 'running', startedAtMs: 5 });
    expect(store.get('x')?.exitCode).toBeUndefined();
  });

  test('an inspection adds what events do not tell, and an old one does no harm', () => {
    const store = filled(event('created', 1), event('started', 2));
    store.note(info('running', { startedAtMs: 2, ip: '10.0.0.1', pid: 7 }));
    expect(store.get('x')).toMatchObject({ imageId: 'sha256:1', ip: '10.0.0.1', pid: 7 });
    store.apply(event('died', 3, { exitCode: 1 }));
    store.note(info('running', { startedAtMs: 2, pid: 7 }));
    expect(store.get('x')).toMatchObject({ state: 'exited', exitCode: 1 });
  });

  test('after a list, what is not in it is gone, but not what came up since it was asked for', () => {
    const store = filled(event('created', 1));
    const mark = store.mark();
    store.apply({ ...event('created', 5), id: 'y' });
    store.replace([], mark);
    expect(store.of('u1').map((one) => one.id)).toEqual(['y']);
  });

  test('tells only of what really changed', () => {
    const told: string[] = [];
    const store = new ContainerStore((uid) => told.push(uid));
    store.note(info('created'));
    store.note(info('created'));
    expect(told).toEqual(['u1']);
    store.note({ ...info('created'), id: 'z', labels: {} });
    expect(told).toEqual(['u1']);
  });

  test('repeated events of one life, each in its order, always lead to its end', () => {
    const life = [event('created', 1), event('started', 2), event('oom', 3), event('died', 4, { exitCode: 137 })];
    fc.assert(
      fc.property(fc.array(fc.nat(life.length - 1)), (repeats) => {
        const store = filled(...life, ...repeats.map((index) => life[index] ?? event('died', 4)));
        expect(store.get('x')).toMatchObject({ state: 'exited', exitCode: 137, oomKilled: true, finishedAtMs: 4 });
      }),
    );
  });
});
