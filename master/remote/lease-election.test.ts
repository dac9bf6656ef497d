import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lease } from '../../api/coordination/lease.ts';
import { leases } from '../../api/coordination/lease.ts';
import { alreadyExists, conflict, notFound, unavailable } from '../../api/meta/errors.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../platform/rng.ts';
import { LeaseElection } from './lease-election.ts';
import type { RemoteCall } from './remote-api.ts';

/** A server with one Lease, which compares versions as servers do. */
class LeaseServer {
  lease: Lease | undefined;
  writes = 0;
  /** Who cannot reach it. */
  readonly cutOff = new Set<string>();

  as = (who: string) => ({
    call: async <T>(method: string, _path: string, { body, signal }: RemoteCall = {}): Promise<T> => {
      if (signal?.aborted) throw signal.reason;
      if (this.cutOff.has(who)) throw unavailable('cut off');
      if (method === 'GET' && !this.lease) throw notFound(leases, 'kube-scheduler');
      if (method === 'POST' && this.lease) throw alreadyExists(leases, 'kube-scheduler');
      if (method === 'PUT' && (body as Lease).metadata?.resourceVersion !== this.lease?.metadata?.resourceVersion)
        throw conflict(leases, 'kube-scheduler', 'the object has been modified');
      if (method !== 'GET') this.#store(body as Lease);
      return structuredClone(this.lease) as T;
    },
  });

  #store(lease: Lease): void {
    this.writes += 1;
    this.lease = { ...structuredClone(lease), metadata: { ...lease.metadata, resourceVersion: String(this.writes) } };
  }
}

let server: LeaseServer;
let clock: ManualClock;
let terms: string[];
let running: LeaseElection[];
beforeEach(() => {
  server = new LeaseServer();
  clock = new ManualClock();
  terms = [];
  running = [];
});
afterEach(async () => {
  const stopped = Promise.all(running.map((election) => election.stop()));
  await clock.advance(10);
  await stopped;
});

async function candidate(identity: string): Promise<LeaseElection> {
  const election = new LeaseElection({
    api: server.as(identity),
    ...{ namespace: 'kube-system', name: 'kube-scheduler', identity, clock, log: silentLogger },
    rng: seededRng(identity.length),
    onGained: (signal) => {
      terms.push(`${identity} leads`);
      signal.addEventListener('abort', () => terms.push(`${identity} is done`), { once: true });
    },
  });
  running.push(election);
  await election.start();
  await clock.advance(0);
  return election;
}

const spec = () => server.lease?.spec;

test('the first makes the lease and renews it; others wait', async () => {
  await candidate('one');
  await candidate('other');
  expect(spec()).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 15, leaseTransitions: 0 });
  const acquired = spec()?.acquireTime;
  await clock.advance(60_000);
  expect(terms).toEqual(['one leads']);
  expect(spec()).toMatchObject({ holderIdentity: 'one', acquireTime: acquired, leaseTransitions: 0 });
  expect(Date.parse(spec()?.renewTime ?? '')).toBeGreaterThanOrEqual(clock.now() - 2_000);
});

describe('a leader that cannot renew', () => {
  test('is done before another begins, which is within 20 s', async () => {
    await candidate('one');
    await candidate('other');
    await clock.advance(5_000);
    server.cutOff.add('one');
    await clock.advance(10_500);
    expect(terms).toEqual(['one leads', 'one is done']);
    await clock.advance(9_500);
    expect(terms).toEqual(['one leads', 'one is done', 'other leads']);
    expect(spec()).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 });
  });

  test('leads on when the server is back in time', async () => {
    await candidate('one');
    await clock.advance(5_000);
    server.cutOff.add('one');
    await clock.advance(6_000);
    server.cutOff.clear();
    await clock.advance(30_000);
    expect(terms).toEqual(['one leads']);
  });
});

test('one that stops lets another take over at once', async () => {
  const one = await candidate('one');
  await candidate('other');
  await clock.advance(3_000);
  const stopped = one.stop();
  await clock.advance(0);
  await stopped;
  expect(spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  await clock.advance(4_500);
  expect(terms).toEqual(['one leads', 'one is done', 'other leads']);
});

test('a leader whose lease another has taken is done', async () => {
  await candidate('one');
  server.lease = { metadata: { resourceVersion: '99' }, spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } };
  await clock.advance(2_500);
  expect(terms).toEqual(['one leads', 'one is done']);
  expect(spec()?.holderIdentity).toBe('thief');
});

test('the age of a lease is told by our own clock, whatever time its holder writes', async () => {
  const renewTime = '1999-01-01T00:00:00.000000Z';
  server.lease = {
    metadata: { resourceVersion: '1' },
    spec: { holderIdentity: 'away', leaseDurationSeconds: 15, renewTime },
  };
  await candidate('one');
  await clock.advance(14_000);
  expect(terms).toEqual([]);
  await clock.advance(6_000);
  expect(terms).toEqual(['one leads']);
});

test('of many at once, one leads', async () => {
  await Promise.all(['a', 'bb', 'ccc', 'dddd', 'eeeee'].map(candidate));
  await clock.advance(30_000);
  expect(terms.length).toBe(1);
});
