import { describe, expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { crashesOf } from './crash-witness.ts';
import { CrashBook } from './crashes.ts';
import { GangDrive, node, pod } from './gang-drive.fixture.ts';

const POLICY = { failures: 3, windowSeconds: 600, avoidSeconds: 600 };
const SECOND = 1000;

describe('the book', () => {
  const recorded = (...atSeconds: number[]) => {
    const book = new CrashBook();
    for (const at of atSeconds) book.record('job', 'a', 1, at * SECOND, POLICY);
    return book;
  };

  test.each<[string, number[], string[]]>([
    ['fewer crashes than count', [0, 1], []],
    ['as many within the window', [0, 300, 599], ['a']],
    ['as many, but the first too long ago', [0, 300, 600], []],
    ['one more after that', [0, 300, 600, 601], ['a']],
  ])('%s', (_, at, avoided) => {
    expect(recorded(...at).avoided('job')).toEqual(avoided);
    expect(recorded(...at).avoided('other')).toEqual([]);
  });

  test('forgets what is over, and says when it has changed', () => {
    const book = recorded(0, 1, 2);
    const { version } = book;
    book.expire(601 * SECOND);
    expect([book.avoidedKey('job'), book.version]).toEqual(['a', version]);
    book.expire(602 * SECOND);
    expect(book.avoidedKey('job')).toBeUndefined();
    expect(book.version).toBeGreaterThan(version);
    expect(book.nextExpiryMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('is of bounded size; what was quiet for longest goes first', () => {
    const book = new CrashBook();
    for (let i = 0; i < 10_001; i++) book.record(`job-${i}`, 'a', 3, i, POLICY);
    expect(book.avoided('job-0')).toEqual([]);
    expect(book.avoided('job-10000')).toEqual(['a']);
  });
});

test.each<[string, Pod['status'], boolean, number]>([
  ['failed by itself', { phase: 'Failed' }, false, 1],
  ['was evicted', { phase: 'Failed', reason: 'Evicted' }, false, 0],
  ['failed when it was told to stop', { phase: 'Failed' }, true, 0],
  ['succeeded', { phase: 'Succeeded' }, false, 0],
  ['ran', { phase: 'Running', containerStatuses: [status(7, undefined)] }, true, 0],
  ['was in a loop of crashes', { phase: 'Running', containerStatuses: [status(7, 'CrashLoopBackOff')] }, true, 7],
  ['never got to start', { phase: 'Pending', initContainerStatuses: [status(2, 'CrashLoopBackOff')] }, true, 2],
  ['waits for its image', { phase: 'Pending', containerStatuses: [status(0, 'ImagePullBackOff')] }, false, 0],
  ['says nothing', undefined, false, 0],
])('crashes of a pod that %s', (_, podStatus, isDeleted, crashes) => {
  const { metadata, ...rest } = pod('p');
  const deletionTimestamp = isDeleted ? '2030-01-01T00:00:00Z' : undefined;
  expect(crashesOf({ ...rest, metadata: { ...metadata, deletionTimestamp }, status: podStatus })).toBe(crashes);
});

function status(restartCount: number, reason: string | undefined) {
  const state = reason === undefined ? { running: {} } : { waiting: { reason } };
  return { name: 'main', image: 'i', imageID: '', ready: false, restartCount, state };
}

describe('a node on which a controller has pods crash', () => {
  /** Pods like to go to `a`, which is fuller. */
  const cell = () =>
    new GangDrive().nodes(node('a', '4'), node('b', '40')).add(pod('there', { cpu: '1', spec: { nodeName: 'a' } }));

  let made = 0;
  const next = (d: GangDrive, owner = 'job', spec = {}): [uid: string, nodeName: string | undefined] => {
    const uid = `p${made++}`;
    d.add(pod(uid, { owner, spec })).settle();
    return [uid, d.placed.get(uid)];
  };
  const crash = (d: GangDrive, times: number) => {
    for (let i = 0; i < times; i++) {
      const [uid, nodeName] = next(d);
      expect(nodeName).toBe('a');
      d.end(uid, 'Failed').pass(SECOND).settle();
    }
  };

  test('is avoided by its pods, as long as another will do, and forgotten in time', () => {
    const d = cell();
    crash(d, 3);
    expect(next(d)[1]).toBe('b');
    expect(next(d, 'other')[1]).toBe('a');
    d.nodes({ ...node('b', '40'), spec: { unschedulable: true } });
    expect(next(d)[1]).toBe('a');
    d.nodes(node('b', '40')).pass(590 * SECOND);
    expect(next(d)[1]).toBe('b');
    d.pass(10 * SECOND);
    expect(next(d)[1]).toBe('a');
  });

  test('is not avoided for crashes that are few or far apart', () => {
    const d = cell();
    crash(d, 2);
    d.pass(600 * SECOND);
    crash(d, 2);
    expect(next(d)[1]).toBe('a');
  });

  test('is avoided as soon as a pod that was restarted three times in vain is told to go', () => {
    const d = cell();
    const [uid] = next(d);
    const bound = { ...d.pods.get(uid)!.spec!, nodeName: 'a' };
    const told = (deletionTimestamp: string | undefined, phase: 'Running' | 'Failed') => {
      const { metadata } = d.pods.get(uid)!;
      const containerStatuses = [status(3, phase === 'Running' ? 'CrashLoopBackOff' : undefined)];
      d.add({
        metadata: { ...metadata, deletionTimestamp },
        spec: bound,
        status: { phase, containerStatuses },
      }).settle();
    };
    told(undefined, 'Running');
    expect(next(d)[1]).toBe('a');
    told('2030-01-01T00:00:00Z', 'Running');
    expect(next(d)[1]).toBe('b');
    told('2030-01-01T00:00:00Z', 'Failed');
    d.remove(uid).pass(600 * SECOND);
    expect(next(d)[1]).toBe('a');
  });

  test('pods that wait already avoid it, too', () => {
    const d = cell();
    crash(d, 2);
    const [last] = next(d);
    const crowd = ['a', 'b'].map((name) => ({
      ...node(name, name === 'a' ? '4' : '40'),
      spec: { unschedulable: true },
    }));
    d.nodes(...crowd).add(pod('waits', { owner: 'job' }));
    d.settle();
    d.end(last, 'Failed').nodes(node('a', '4'), node('b', '40')).settle();
    expect(d.placed.get('waits')).toBe('b');
  });
});
