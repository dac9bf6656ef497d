import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leases } from '../../api/coordination/lease.ts';
import { namespaces } from '../../api/core/namespace.ts';
import { type Node, nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { decode } from '../../api/meta/decode.ts';
import { resources } from '../../api/registry.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import type { FromMaster } from '../../proto/messages.ts';
import { createObjects } from '../objects/create-objects.ts';
import type { Objects } from '../objects/objects.ts';
import { memoryStore } from '../store/memory.ts';
import { StoreUnavailable } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { AssignmentRouter } from './assignment-router.ts';
import { Gathering } from './gathering.ts';
import { AgentSession } from './session.ts';

const user = { user: 'test' };
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const hello = { nodeName: 'a', agentVersion: '1', nodeJson: JSON.stringify({ status: ready }) };

let clock: ManualClock;
let cache: WatchCache;
let objects: Objects;
let router: AssignmentRouter;
let session: AgentSession;
let sent: FromMaster[];
let ended: string | undefined;
let greeted: number;
/** What the link answers to `send`. */
let writable: boolean;
let drained: () => void;

beforeEach(async () => {
  clock = new ManualClock();
  [sent, ended, greeted, writable] = [[], undefined, 0, true];
  const [log, metrics, rng] = [silentLogger, new Registry(), seededRng(1)];
  const store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log, metrics });
  await cache.start();
  objects = createObjects({ store, cache, clock, rng, admission: [] });
  for (const name of ['default', 'kube-node-lease']) await objects.create(namespaces, { metadata: { name } }, user);
  router = new AssignmentRouter(cache);
  router.start();
  session = new AgentSession({
    context: { cache, objects, events: { record() {} }, clock, rng, log, metrics },
    router,
    nodeName: 'a',
    cellId: 'cell',
    version: '1',
    heartbeatMs: 10_000,
    renewals: new Gathering(clock, 100),
    measured() {},
    greeted: () => greeted++,
    link: {
      send(message) {
        sent.push(message);
        return writable;
      },
      onDrain: (listener) => {
        drained = listener;
      },
      refuse: (reason) => {
        ended = `refused: ${reason}`;
      },
      drop: (reason) => {
        ended = `dropped: ${reason}`;
      },
    },
  });
});
afterEach(async () => {
  session.end();
  router.stop();
  await cache.stop();
});

/** Lets reads and writes settle, and ticks pass. */
const settle = () => clock.advance(0);
const greet = async () => {
  session.receive({ message: 'hello', hello });
  await settle();
};
const createPod = async (name: string) => {
  const spec = { nodeName: 'a', containers: [{ name: 'c', image: 'i' }] };
  await objects.create(pods, decode(pods, { metadata: { name, namespace: 'default' }, spec }).object, user);
};
const label = (name: string, value: string) => {
  const change = (pod: Pod) => {
    pod.metadata!.labels = { value };
  };
  return objects.update(pods, 'default', name, change, user);
};
const assignments = () => sent.flatMap((message) => message.assignments ?? []);

describe('greeting', () => {
  test('welcomes, then lists', async () => {
    await createPod('p');
    await greet();
    expect(greeted).toBe(1);
    expect(sent.map(({ message }) => message)).toEqual(['welcome', 'assignments']);
    expect(assignments()[0]?.complete).toBe(true);
  });

  test('by a master that may be behind the others: nothing is told, and another may be dialled', async () => {
    await createPod('p');
    cache.catchUp = () => Promise.reject(new StoreUnavailable('The store does not answer.'));
    await greet();
    expect(sent).toEqual([]);
    expect(ended).toMatch(/^dropped: .*The store does not answer/);
  });

  test('is waited for, but not for ever', async () => {
    await clock.advance(20_000);
    expect(ended).toMatch(/^dropped: no hello/);
  });

  test('must come first, and once', async () => {
    session.receive({ message: 'heartbeat', heartbeat: {} });
    expect(ended).toMatch(/^refused: the agent sent heartbeat before/);
    // What comes after the end is ignored.
    await greet();
    expect(greeted).toBe(0);
  });

  test('twice ends the session', async () => {
    await greet();
    session.receive({ message: 'hello', hello });
    expect(ended).toMatch(/^refused: .* twice/);
  });
});

describe('telling', () => {
  test('changes of one tick go out as one message', async () => {
    await greet();
    await Promise.all(['p', 'q', 'r'].map(createPod));
    await settle();
    expect(assignments()).toHaveLength(2);
    expect(
      assignments()[1]
        ?.upserts.map(({ name }) => name)
        .sort(),
    ).toEqual(['p', 'q', 'r']);
  });

  test('an agent that does not read is told the newest of each pod, once it does', async () => {
    await createPod('p');
    writable = false;
    await greet();
    for (let i = 0; i < 50; i++) await label('p', String(i));
    await settle();
    expect(assignments()).toHaveLength(1);
    writable = true;
    drained();
    expect(assignments()).toHaveLength(2);
    expect(assignments()[1]?.upserts).toHaveLength(1);
    expect(assignments()[1]?.upserts[0]?.json).toContain('"value":"49"');
  });

  test('requests for tunnels wait for the link, a bounded number of them', async () => {
    await greet();
    writable = false;
    await createPod('p');
    await settle();
    const request = { what: 'log' } as const;
    const answers = Array.from({ length: 300 }, (_, i) => session.askTunnel(String(i), request));
    expect(answers.filter(Boolean)).toHaveLength(256);
    writable = true;
    drained();
    expect(sent.filter(({ message }) => message === 'openTunnel')).toHaveLength(256);
  });

  test('ends with the session', async () => {
    await greet();
    session.end();
    await createPod('p');
    await settle();
    expect(assignments()).toHaveLength(1);
  });
});

describe('heartbeats', () => {
  const renewals = () => {
    let count = 0;
    const stop = cache.subscribe(leases, () => {
      count++;
    });
    return () => {
      stop();
      return count;
    };
  };
  const beat = () => session.receive({ message: 'heartbeat', heartbeat: {} });

  test('renew the lease, at most once an interval however many come', async () => {
    await greet();
    const counted = renewals();
    for (let beats = 0; beats < 50; beats++) {
      await clock.advance(1000);
      beat();
    }
    await settle();
    expect(counted()).toBeGreaterThanOrEqual(5);
    expect(counted()).toBeLessThanOrEqual(7);
    const renewed = Date.parse(cache.get(leases, 'kube-node-lease', 'a')?.spec?.renewTime ?? '');
    expect(clock.now() - renewed).toBeLessThan(10_000);
  });

  test('take back what was said of the node while they did not arrive', async () => {
    await greet();
    const lose = (node: Node) => {
      node.status!.conditions = [{ type: 'Ready', status: 'Unknown' }];
    };
    await objects.update(nodes, undefined, 'a', lose, user, { part: 'status' });
    await clock.advance(10_000);
    beat();
    await settle();
    expect(cache.get(nodes, undefined, 'a')?.status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'True' });
  });

  test('do not bring back a node that was deleted', async () => {
    await greet();
    await objects.delete(nodes, undefined, 'a', user);
    const counted = renewals();
    await clock.advance(10_000);
    beat();
    await settle();
    expect(cache.get(nodes, undefined, 'a')).toBeUndefined();
    expect(counted()).toBe(0);
  });
});
