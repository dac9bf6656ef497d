import { describe, expect, test } from 'vitest';
import { type PodWish, pod, Scribe, target } from './scribe.fixture.ts';

const PROD = 2_000_000;
const evicting = [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }];
const ofSet = { kind: 'ReplicaSet', name: 'web', uid: 'rs' };
const ofJob = { kind: 'Job', name: 'sum', uid: 'job' };

const put = (scribe: Scribe, name: string, wish: PodWish = {}) => scribe.put('/pods', `ns/${name}`, pod(wish));
const bound = (scribe: Scribe, name: string, wish: PodWish) => {
  put(scribe, name, { ...wish, node: undefined });
  return put(scribe, name, wish);
};

function budgeted(scribe: Scribe, healthy: number): void {
  scribe.node('n1');
  const replicaSet = { metadata: { uid: 'rs' }, spec: { replicas: 3 } };
  scribe.put('apps/replicasets', 'ns/web', replicaSet);
  const spec = { selector: { matchLabels: { app: 'web' } }, maxUnavailable: 1 };
  scribe.put('policy/poddisruptionbudgets', 'ns/web', { spec });
  for (let i = 0; i < 3; i += 1)
    put(scribe, `web-${i}`, { cpu: '1m', node: 'n1', ready: i < healthy, owner: ofSet, labels: { app: 'web' } });
  scribe.pass(60_000);
}

function evict(scribe: Scribe, name: string): void {
  const wish: PodWish = { cpu: '1m', node: 'n1', owner: ofSet, labels: { app: 'web' }, conditions: evicting };
  put(scribe, name, wish);
  put(scribe, name, { ...wish, deleting: true });
}

const service = { spec: { selector: { app: 'web' } } };
const slice = (uid: string, ready = true) => ({
  metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
  endpoints: [{ conditions: { ready }, targetRef: { uid } }],
});
const uid = (object: unknown) => (object as { metadata: { uid: string } }).metadata.uid;
const usesSecret = { spec: { containers: [{ name: 'main', envFrom: [{ secretRef: { name: 'key' } }] }] } };

type Act = (scribe: Scribe) => void;

const pushedOut = [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }];
function preempt(scribe: Scribe, waits: number, victim: number): void {
  scribe.node('n1');
  put(scribe, 'victim', { node: 'n1', cpu: '4', priority: victim });
  put(scribe, 'waits', { cpu: '4', priority: waits });
  put(scribe.pass(1_000), 'victim', { node: 'n1', cpu: '4', priority: victim, conditions: pushedOut });
  scribe.remove('/pods', 'ns/victim');
  put(scribe, 'waits', { node: 'n1', cpu: '4', priority: waits });
}

const GOOD: Record<string, Act> = {
  'production that pushes out batch': (scribe) => preempt(scribe, PROD, 0),
  'batch that pushes out less important batch': (scribe) => preempt(scribe, 10, 5),
  'a node that is full to the brim': (scribe) => {
    scribe.node('n1');
    for (let i = 0; i < 4; i += 1) bound(scribe, `p${i}`, { node: 'n1', priority: PROD });
  },
  'room that is taken again when a pod has ended': (scribe) => {
    scribe.node('n1');
    bound(scribe, 'a', { node: 'n1', cpu: '4', priority: PROD });
    put(scribe, 'a', { node: 'n1', cpu: '4', priority: PROD, phase: 'Succeeded' });
    bound(scribe, 'b', { node: 'n1', cpu: '4', priority: PROD });
  },
  'a pod that moves house under another uid': (scribe) => {
    scribe.run('u1', 'n1').run('u1', 'n1', false).run('u2', 'n2').run('u2', 'n2', false);
  },
  'a machine that lost its power runs nothing': (scribe) => {
    scribe.run('u1', 'n1').add({ type: 'machine', machine: 'n1', up: false }).run('u1', 'n2').run('u1', 'n2', false);
  },
  'an ordinal that comes back after it was gone': (scribe) => {
    const owner = { kind: 'StatefulSet', name: 'db', uid: 'sts' };
    const first = uid(put(scribe, 'db-0', { owner }));
    scribe.run(first, 'n1').pass(5).run(first, 'n1', false).remove('/pods', 'ns/db-0');
    const second = uid(put(scribe.pass(1), 'db-0', { owner }));
    scribe.run(second, 'n2').run(second, 'n2', false);
  },
  'quota that is used up': (scribe) => {
    scribe.put('/resourcequotas', 'ns/q', { spec: { hard: { pods: '2', 'requests.cpu': '2' } } });
    scribe.pass(10_000);
    put(scribe, 'a', { node: 'gone' });
    put(scribe, 'b', { node: 'gone' });
    put(scribe, 'a', { node: 'gone', phase: 'Succeeded' });
    put(scribe, 'c', { node: 'gone' });
  },
  'an eviction within the budget': (scribe) => {
    budgeted(scribe, 3);
    evict(scribe, 'web-0');
    scribe.remove('/pods', 'ns/web-0');
    put(scribe, 'web-3', { cpu: '1m', node: 'n1', owner: ofSet, labels: { app: 'web' } });
    evict(scribe, 'web-1');
    scribe.remove('/pods', 'ns/web-1');
    put(scribe, 'web-4', { cpu: '1m', node: 'n1', owner: ofSet, labels: { app: 'web' } });
  },
  'a job that counts well': (scribe) => {
    for (const name of ['a', 'b']) {
      put(scribe, name, { owner: ofJob });
      put(scribe, name, { owner: ofJob, phase: 'Succeeded' });
    }
    const status = { succeeded: 2, conditions: [{ type: 'Complete', status: 'True' }] };
    scribe.put('batch/jobs', 'ns/sum', { metadata: { uid: 'job' }, spec: { completions: 2 }, status });
  },
  'a pod that was told to go, is counted as failed, and succeeds after all': (scribe) => {
    put(scribe, 'a', { owner: ofJob });
    put(scribe, 'a', { owner: ofJob, deleting: true });
    scribe.put('batch/jobs', 'ns/sum', { metadata: { uid: 'job' }, spec: { completions: 1 }, status: { failed: 1 } });
    put(scribe, 'a', { owner: ofJob, deleting: true, phase: 'Succeeded' });
    scribe.remove('/pods', 'ns/a');
    scribe.remove('batch/jobs', 'ns/sum');
  },
  'an endpoint that goes in time': (scribe) => {
    scribe.put('/services', 'ns/web', service);
    const web = uid(put(scribe, 'web', { node: 'gone' }));
    scribe.put('discovery.k8s.io/endpointslices', 'ns/web-1', slice(web));
    put(scribe.pass(60_000), 'web', { node: 'gone', ready: false });
    scribe.pass(2_000).put('discovery.k8s.io/endpointslices', 'ns/web-1', slice(web, false));
  },
  'a secret for those who use it, told a little late': (scribe) => {
    const secret = target('/secrets', 'ns/key');
    scribe.add({ type: 'handed', machine: 'n1', target: secret });
    put(scribe.pass(1_000), 'a', { node: 'n1', ...usesSecret });
    scribe.pass(60_000).add({ type: 'handed', machine: 'n1', target: secret });
  },
  'sizes that go up and down': (scribe) => {
    for (let i = 0; i < 100; i += 1)
      scribe
        .pass(1)
        .add({ type: 'sample', of: 'master', sizes: { heap: 1_000 + (i % 10) * 200, queue: 3 }, limits: { queue: 5 } });
  },
  'a full cell, in which the least important waits': (scribe) => {
    scribe.node('n1');
    put(scribe, 'a', { node: 'n1', cpu: '4', priority: PROD });
    scribe.run(uid(scribe.objects.get('/pods ns/a')), 'n1');
    put(scribe, 'b', { cpu: '1' });
  },
  'room that is kept for a pod that is to become larger': (scribe) => {
    scribe.node('n1');
    put(scribe, 'a', { node: 'n1', cpu: '4', priority: PROD });
    const pod = scribe.objects.get('/pods ns/a') as { metadata: object; status: object };
    const granted = { name: 'main', allocatedResources: { cpu: '1' } };
    const status = { ...pod.status, containerStatuses: [granted] };
    scribe.run(
      uid(scribe.put('/pods', 'ns/a', { ...pod, metadata: { ...pod.metadata, generation: 2 }, status })),
      'n1',
    );
    put(scribe, 'b', { cpu: '1' });
  },
};

const BAD: Record<string, [Act, RegExp]> = {
  'production with more than there is': [
    (scribe) => {
      scribe.node('n1');
      for (let i = 0; i < 5; i += 1) bound(scribe, `p${i}`, { node: 'n1', priority: PROD });
    },
    /^room: pod ns\/p4 was bound to n1, where production has reserved 5 of cpu by now, of 4/m,
  ],
  'one pod on two machines': [
    (scribe) => void scribe.run('u1', 'n1').run('u1', 'n2', true, 'other'),
    /^one machine: pod u1 runs on n1 and on n2/m,
  ],
  'an ordinal twice': [
    (scribe) => {
      const owner = { kind: 'StatefulSet', name: 'db', uid: 'sts' };
      const first = uid(put(scribe, 'db-0', { owner }));
      scribe.run(first, 'n1').pass(5).remove('/pods', 'ns/db-0');
      const second = uid(put(scribe.pass(1), 'db-0', { owner }));
      scribe.run(second, 'n2');
    },
    /^ordinals: ns\/db-0 runs twice/m,
  ],
  'a pod beyond the quota': [
    (scribe) => {
      scribe.put('/resourcequotas', 'ns/q', { spec: { hard: { 'requests.cpu': '1500m' } } });
      put(scribe.pass(10_000), 'a');
      put(scribe, 'b');
    },
    /^quota: with pod ns\/b ns uses 2 of requests.cpu, and \/resourcequotasns\/q grants 1.5/m,
  ],
  'a pod beyond its band': [
    (scribe) => {
      scribe.put('stowage.dev/bandquotas', 'ns/q', { kind: 'BandQuota', spec: { hard: { production: { pods: 1 } } } });
      put(scribe.pass(10_000), 'free');
      put(scribe, 'a', { priority: PROD });
      put(scribe, 'b', { priority: PROD });
    },
    /^quota: with pod ns\/b ns uses 2 of production:pods/m,
  ],
  'an object beyond the quota': [
    (scribe) => {
      scribe.put('/resourcequotas', 'ns/q', { spec: { hard: { 'count/configmaps': '1' } } });
      scribe.pass(10_000).put('/configmaps', 'ns/a');
      scribe.put('/configmaps', 'ns/b');
    },
    /^quota: with \/configmaps ns\/b ns uses 2 of count\/configmaps/m,
  ],
  'an eviction that breaks the budget': [
    (scribe) => {
      budgeted(scribe, 2);
      evict(scribe, 'web-0');
    },
    /^budgets: pod ns\/web-0 was evicted, which leaves 1 healthy pods where the budget ns\/web wants 2/m,
  ],
  'two evictions at once': [
    (scribe) => {
      budgeted(scribe, 3);
      evict(scribe, 'web-0');
      evict(scribe.pass(1), 'web-1');
    },
    /^budgets: pod ns\/web-1 was evicted/m,
  ],
  'a completion counted twice': [
    (scribe) => {
      put(scribe, 'a', { owner: ofJob });
      put(scribe, 'a', { owner: ofJob, phase: 'Succeeded' });
      scribe.put('batch/jobs', 'ns/sum', {
        metadata: { uid: 'job' },
        spec: { completions: 3 },
        status: { succeeded: 2 },
      });
    },
    /^jobs: job ns\/sum counts 2 succeeded pods, and 1 ever succeeded/m,
  ],
  'complete too early': [
    (scribe) => {
      const status = { succeeded: 0, conditions: [{ type: 'Complete', status: 'True' }] };
      scribe.put('batch/jobs', 'ns/sum', { metadata: { uid: 'job' }, spec: { completions: 2 }, status });
    },
    /^jobs: job ns\/sum is complete with 0 of 2/m,
  ],
  'a service that points at the dead': [
    (scribe) => {
      scribe.put('/services', 'ns/web', service);
      const web = uid(put(scribe, 'web', { node: 'gone' }));
      scribe.put('discovery.k8s.io/endpointslices', 'ns/web-1', slice(web));
      put(scribe.pass(60_000), 'web', { node: 'gone', ready: false });
    },
    /^endpoints: ns\/web-1 calls pod uid-2 ready/m,
  ],
  'a secret for nobody': [
    (scribe) => {
      put(scribe, 'a', { node: 'n2', ...usesSecret });
      scribe.pass(60_000).add({ type: 'handed', machine: 'n1', target: target('/secrets', 'ns/key') });
    },
    /^secrets: the secret ns\/key was given to n1/m,
  ],
  'a queue beyond its bound': [
    (scribe) => void scribe.add({ type: 'sample', of: 'master', sizes: { queue: 6 }, limits: { queue: 5 } }),
    /^bounded: master: queue is 6/m,
  ],
  'a leak': [
    (scribe) => {
      for (let i = 0; i < 100; i += 1)
        scribe.pass(1).add({ type: 'sample', of: 'master', sizes: { heap: 1_000 + i * 40 } });
    },
    /^bounded: master: heap grows/m,
  ],
  'production that waits for batch': [
    (scribe) => {
      scribe.node('n1');
      put(scribe, 'a', { node: 'n1', cpu: '4', priority: 0 });
      put(scribe, 'b', { cpu: '1', priority: PROD });
    },
    /^preemption: pod ns\/b \(production\) waits, though n1 has room/m,
  ],
  'production that pushes out production': [
    (scribe) => preempt(scribe, PROD + 1, PROD),
    /^preemption: pod ns\/victim \(production, priority 2000000\) was pushed out, and nobody waited/m,
  ],
  'a pod that is pushed out for nobody': [
    (scribe) => {
      scribe.node('n1');
      put(scribe, 'a', { node: 'n1', priority: 0 });
      put(scribe, 'a', { node: 'n1', priority: 0, conditions: pushedOut });
    },
    /^preemption: pod ns\/a \(batch, priority 0\) was pushed out, and nobody waited/m,
  ],
  'a pod that could have a place': [
    (scribe) => {
      scribe.node('n1');
      put(scribe, 'b');
    },
    /^converged: pod ns\/b waits for a place, and n1 has room/m,
  ],
  'a pod that does not start': [
    (scribe) => {
      scribe.node('n1');
      put(scribe, 'b', { node: 'n1', ready: false });
    },
    /^converged: pod ns\/b has its place on n1, and is Pending and not ready/m,
  ],
  'containers that nobody wants': [
    (scribe) => {
      scribe.node('n1');
      scribe.run('u9', 'n1');
    },
    /^converged: n1 runs containers of pod u9, which is no more/m,
  ],
  'a pod too many': [
    (scribe) => {
      scribe.put('apps/replicasets', 'ns/web', { metadata: { uid: 'rs' }, spec: { replicas: 1 } });
      for (const name of ['a', 'b']) put(scribe, name, { node: 'gone', owner: ofSet });
    },
    /^converged: replica set ns\/web is to have 1 pods, and has 2/m,
  ],
  'a node without its daemon': [
    (scribe) => {
      scribe.node('n1');
      scribe.put('apps/daemonsets', 'ns/log', { spec: { template: { spec: {} } } });
    },
    /^converged: daemon set ns\/log has no pod for n1/m,
  ],
  'a job that nobody works at': [
    (scribe) => void scribe.put('batch/jobs', 'ns/sum', { spec: { completions: 2 } }),
    /^converged: job ns\/sum is not over/m,
  ],
  'a deployment without its pods': [
    (scribe) => void scribe.put('apps/deployments', 'ns/web', { spec: { replicas: 2 } }),
    /^converged: deployment ns\/web is to have 2 replicas/m,
  ],
  'what never goes': [
    (scribe) => void scribe.put('/namespaces', 'ns', { metadata: { deletionTimestamp: 'then' } }),
    /^converged: \/namespaces \/ns has been on its way out since then/m,
  ],
};

describe('workings of a cell', () => {
  test.each(Object.entries(GOOD))('%s is fine', (_, act) => {
    const scribe = new Scribe();
    act(scribe);
    expect(scribe.end().faults()).toEqual([]);
  });

  test.each(Object.entries(BAD))('%s is found', (_, [act, words]) => {
    const scribe = new Scribe();
    act(scribe);
    expect(scribe.end().faults().join('\n')).toMatch(words);
  });
});
