import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import { HollowMaster } from '../hollow-master.ts';
import { ProtobufClient } from '../protobuf-client.ts';

/**
 * What the real kube-scheduler asks an API server, with what it needs to be answered: by its own user, in protobuf, in the order in
 * which it starts (Kubernetes 1.33; client-go's informers, leader election and event broadcaster). Its own user may do no more than its role.
 */

let master: HollowMaster;
let scheduler: ProtobufClient;
let admin: ProtobufClient;
beforeAll(async () => {
  master = await HollowMaster.create();
  await master.startMaster();
  await master.addNodes(1);
  const { server, ca = '', token } = readKubeconfig(await master.schedulerKubeconfig());
  scheduler = new ProtobufClient({ url: server, ca, token });
  const { cert, key } = master.client.access;
  admin = new ProtobufClient({ url: server, ca, cert, key });
});
afterAll(() => master?.destroy());

const NS = '/api/v1/namespaces/default';
const CORE = { apiVersion: 'v1' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

const pod = (name: string, more: object = {}) => ({
  ...{ ...CORE, kind: 'Pod', metadata: { name } },
  spec: { containers: [{ name: 'main', image: 'none', resources: { requests: { cpu: '1' } } }], ...more },
});

test('who signs client certificates, to let in who asks the scheduler itself', async () => {
  const map = '/api/v1/namespaces/kube-system/configmaps';
  const one = await scheduler.send(`GET ${map}/extension-apiserver-authentication`);
  expect([one.code, one.headers['content-type']]).toEqual([200, PROTOBUF_TYPE]);
  expect(one.value.data['client-ca-file']).toMatch(/^-----BEGIN CERTIFICATE-----/);
  const only = 'fieldSelector=metadata.name%3Dextension-apiserver-authentication';
  const list = await scheduler.send(`GET ${map}?${only}&limit=500&resourceVersion=0`);
  expect(list.value.items).toHaveLength(1);
  expect((await scheduler.send(`GET ${map}`)).code).toBe(403);
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'nobody-has-it' } };
  const reviewed = await scheduler.send('POST /apis/authentication.k8s.io/v1/tokenreviews', { body: review });
  expect(reviewed.code).toBe(201);
  expect(reviewed.value.status.authenticated ?? false).toBe(false);
  const access = {
    ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
    spec: { user: 'ann', groups: ['system:authenticated'], nonResourceAttributes: { path: '/metrics', verb: 'get' } },
  };
  const allowed = await scheduler.send('POST /apis/authorization.k8s.io/v1/subjectaccessreviews', { body: access });
  expect([allowed.code, allowed.value.status.allowed ?? false]).toEqual([201, false]);
});

/** What it follows, with the selector it has for pods. Each is listed and then watched, or streamed as a list. */
test.concurrent.each([
  ['/api/v1/pods', 'status.phase!=Succeeded,status.phase!=Failed'],
  ['/api/v1/nodes'],
  ['/api/v1/namespaces'],
  ['/api/v1/services'],
  ['/api/v1/replicationcontrollers'],
  ['/api/v1/persistentvolumes'],
  ['/api/v1/persistentvolumeclaims'],
  ['/apis/apps/v1/replicasets'],
  ['/apis/apps/v1/statefulsets'],
  ['/apis/policy/v1/poddisruptionbudgets'],
  ['/apis/storage.k8s.io/v1/storageclasses'],
  ['/apis/storage.k8s.io/v1/csinodes'],
  ['/apis/storage.k8s.io/v1/csidrivers'],
  ['/apis/storage.k8s.io/v1/csistoragecapacities'],
  ['/apis/storage.k8s.io/v1/volumeattachments'],
])('%s are listed, watched and streamed', async (path, fields = '') => {
  const selector = fields && `&fieldSelector=${encodeURIComponent(fields)}`;
  const list = await scheduler.send(`GET ${path}?limit=500&resourceVersion=0${selector}`);
  expect([list.code, list.headers['content-type']]).toEqual([200, PROTOBUF_TYPE]);
  const { resourceVersion } = list.value.metadata;
  const items: unknown[] = list.value.items ?? [];
  const asked = `allowWatchBookmarks=true&timeoutSeconds=1${selector}&watch=true`;
  const changes: unknown[] = [];
  for await (const [type, object] of scheduler.watch(`${path}?${asked}&resourceVersion=${resourceVersion}`))
    if (type !== 'BOOKMARK') changes.push(object);
  expect(changes).toEqual([]);
  const streaming = `${path}?${asked}&resourceVersionMatch=NotOlderThan&sendInitialEvents=true`;
  const streamed: [string, unknown][] = [];
  for await (const event of scheduler.watch(streaming)) {
    streamed.push(event);
    if (event[0] === 'BOOKMARK') break;
  }
  expect(streamed.map(([type]) => type)).toEqual([...items.map(() => 'ADDED'), 'BOOKMARK']);
  expect(streamed.at(-1)?.[1]).toMatchObject({ metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } });
});

test('dynamic resources are none of ours: 404, as a server of that time says', async () => {
  for (const plural of ['resourceclaims', 'resourceslices', 'deviceclasses']) {
    const { code, value } = await admin.send(`GET /apis/resource.k8s.io/v1/${plural}?limit=500&resourceVersion=0`);
    expect([code, value.kind, value.reason]).toEqual([404, 'Status', 'NotFound']);
  }
});

test('the lease of its leader is made, renewed with its version, and kept from others', async () => {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const none = await scheduler.send(`GET ${leases}/kube-scheduler?timeout=5s`);
  expect([none.code, none.value.reason]).toEqual([404, 'NotFound']);
  const spec = {
    ...{ holderIdentity: 'host_1', leaseDurationSeconds: 15, leaseTransitions: 0 },
    ...{ acquireTime: '2026-01-01T00:00:00.000001Z', renewTime: '2026-01-01T00:00:00.000001Z' },
  };
  const body = {
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    metadata: { name: 'kube-scheduler', namespace: 'kube-system' },
    spec,
  };
  const made = await scheduler.send(`POST ${leases}?timeout=5s`, { body });
  expect([made.code, made.value.spec]).toEqual([201, spec]);
  const renewed = { ...made.value, spec: { ...spec, renewTime: '2026-01-01T00:00:02.000003Z' } };
  const put = await scheduler.send(`PUT ${leases}/kube-scheduler?timeout=5s`, { body: renewed });
  expect([put.code, put.value.spec.renewTime]).toEqual([200, '2026-01-01T00:00:02.000003Z']);
  const stale = await scheduler.send(`PUT ${leases}/kube-scheduler?timeout=5s`, { body: renewed });
  expect([stale.code, stale.value.reason]).toEqual([409, 'Conflict']);
  const other = { ...body, metadata: { name: 'another', namespace: 'kube-system' } };
  expect((await scheduler.send(`PUT ${leases}/another`, { body: other })).code).toBe(403);
});

test('a pod is bound once, and told of as an event that is counted up', async () => {
  await admin.send(`POST ${NS}/pods`, { body: pod('one') });
  const { uid } = (await scheduler.send(`GET ${NS}/pods/one`)).value.metadata;
  const binding = (to: string, id = uid) => ({
    ...{ ...CORE, kind: 'Binding', metadata: { name: 'one', namespace: 'default', uid: id } },
    target: { kind: 'Node', name: to },
  });
  const path = `POST ${NS}/pods/one/binding`;
  expect((await scheduler.send(path, { body: binding('hollow-0', 'another-uid') })).code).toBe(409);
  const bound = await scheduler.send(path, { body: binding('hollow-0') });
  expect([bound.code, bound.value]).toMatchObject([201, { kind: 'Status', status: 'Success' }]);
  const again = await scheduler.send(path, { body: binding('hollow-1') });
  expect([again.code, again.value.message]).toMatchObject([409, /already assigned to node "hollow-0"/]);
  const { spec, status } = (await scheduler.send(`GET ${NS}/pods/one`)).value;
  expect(spec.nodeName).toBe('hollow-0');
  expect(status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);

  const events = '/apis/events.k8s.io/v1/namespaces/default/events';
  const event = {
    ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'one.18', namespace: 'default' } },
    ...{ eventTime: '2026-01-01T00:00:00.000001Z', type: 'Normal', reason: 'Scheduled', action: 'Binding' },
    ...{ reportingController: 'default-scheduler', reportingInstance: 'default-scheduler-host' },
    regarding: { ...CORE, kind: 'Pod', namespace: 'default', name: 'one', uid },
    note: 'Successfully assigned default/one to hollow-0',
  };
  const told = await scheduler.send(`POST ${events}`, { body: event });
  expect([told.code, told.value.note]).toEqual([201, event.note]);
  const series = { count: 2, lastObservedTime: '2026-01-01T00:06:00.000001Z' };
  const counted = await scheduler.send(`PATCH ${events}/one.18`, { body: { series }, headers: STRATEGIC });
  expect([counted.code, counted.value.series]).toEqual([200, series]);
});

test('a pod that fits nowhere is told so; for a more important one, another has to go', async () => {
  for (const name of ['big', 'victim']) await admin.send(`POST ${NS}/pods`, { body: pod(name) });
  const condition = {
    ...{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available.' },
    ...{ lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' },
  };
  const status = { conditions: [condition], nominatedNodeName: 'hollow-0' };
  const order = { '$setElementOrder/conditions': [{ type: 'PodScheduled' }] };
  const body = { status: { ...order, ...status } };
  const patched = await scheduler.send(`PATCH ${NS}/pods/big/status`, { body, headers: STRATEGIC });
  expect([patched.code, patched.value.status]).toMatchObject([
    200,
    { nominatedNodeName: 'hollow-0', conditions: [{ type: 'PodScheduled', reason: 'Unschedulable' }] },
  ]);
  const disrupted = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'm' };
  const victim = { status: { conditions: [disrupted] } };
  expect((await scheduler.send(`PATCH ${NS}/pods/victim/status`, { body: victim, headers: STRATEGIC })).code).toBe(200);
  const gone = await scheduler.send(`DELETE ${NS}/pods/victim`, { body: { ...CORE, kind: 'DeleteOptions' } });
  expect(gone.code).toBe(200);
  const cleared = await scheduler.send(`PATCH ${NS}/pods/big/status`, {
    body: { status: { nominatedNodeName: null } },
    headers: STRATEGIC,
  });
  expect(cleared.value.status.nominatedNodeName).toBeUndefined();
});

test('it may do nothing that its role does not say', async () => {
  expect((await scheduler.send(`POST ${NS}/pods`, { body: pod('own') })).code).toBe(403);
  expect((await scheduler.send('GET /api/v1/secrets')).code).toBe(403);
  expect((await scheduler.send('DELETE /api/v1/nodes/hollow-0')).code).toBe(403);
});
