import { describe, expect, test } from 'vitest';
import { type Node, nodes } from '../../../api/core/node.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import type { AdmissionRequest } from '../../objects/admission/admission.ts';
import type { User } from '../../user.ts';
import { FakeCache } from '../fake-cache.fixture.ts';
import type { ResourceAction } from './authorizer.ts';
import { NodeAuthorizer } from './node.ts';
import { nodeRestriction } from './node-restriction.ts';

const n1: User = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

function cell(): FakeCache {
  const fake = new FakeCache();
  const pod = (name: string, nodeName: string, secret: string, claim: string): Pod => ({
    metadata: { name, namespace: 'a', uid: name },
    spec: {
      nodeName,
      serviceAccountName: `${name}-account`,
      containers: [],
      volumes: [
        { name: 's', secret: { secretName: secret } },
        { name: 'd', persistentVolumeClaim: { claimName: claim } },
      ],
    },
  });
  fake.put(pods, pod('mine', 'n1', 'my-secret', 'my-claim'));
  fake.put(pods, pod('other', 'n2', 'other-secret', 'other-claim'));
  fake.put(persistentVolumeClaims, {
    metadata: { name: 'my-claim', namespace: 'a' },
    spec: { volumeName: 'my-volume' },
  });
  return fake;
}

/** `get secrets a/my-secret`, `list pods`, `update nodes/status n1`; a field selector after `?`. */
function action(text: string): ResourceAction {
  const [line = '', fieldSelector] = text.split('?');
  const [verb = '', what = '', where] = line.split(' ');
  const [path = '', ...group] = what.split('.');
  const [resource = '', subresource] = path.split('/');
  const [namespace, name] = where?.includes('/') ? where.split('/') : [undefined, where];
  return { type: 'resource', verb, group: group.join('.'), resource, subresource, namespace, name, fieldSelector };
}

describe('a node', () => {
  const authorizer = new NodeAuthorizer(cell().cache);
  const may = (text: string, user = n1) => authorizer.authorize(user, action(text)).allowed;

  test.each([
    'get nodes n1',
    'create nodes',
    'patch nodes/status n1',
    'list pods?spec.nodeName=n1',
    'get pods a/mine',
    'patch pods/status a/mine',
    'create pods/eviction a/mine',
    'delete pods a/mine',
    'get secrets a/my-secret',
    'watch secrets a/my-secret',
    'get persistentvolumeclaims a/my-claim',
    'get persistentvolumes my-volume',
    'create serviceaccounts/token a/mine-account',
    'list services',
    'create events',
    'update leases.coordination.k8s.io kube-node-lease/n1',
    'create certificatesigningrequests.certificates.k8s.io',
  ])('may %s', (text) => {
    expect(may(text)).toBe(true);
  });

  test.each([
    'get nodes n2',
    'list nodes',
    'patch nodes/status n2',
    'delete nodes n1',
    'list pods',
    'list pods?spec.nodeName=n2',
    'list pods?spec.nodeName!=n1',
    'get pods a/other',
    'patch pods/status a/other',
    'delete pods a/other',
    'update pods a/mine',
    'get secrets a/other-secret',
    'get secrets b/my-secret',
    'list secrets',
    'get persistentvolumes other-volume',
    'create serviceaccounts/token a/other-account',
    'update leases.coordination.k8s.io kube-node-lease/n2',
    'update leases.coordination.k8s.io a/n1',
    'create deployments.apps',
  ])('may not %s', (text) => {
    expect(may(text)).toBe(false);
  });

  test('is one by its name and its group', () => {
    expect(may('get nodes n1', { name: 'system:node:n1', groups: [] })).toBe(false);
    expect(may('get nodes n1', { name: 'n1', groups: ['system:nodes'] })).toBe(false);
  });
});

describe('what a node writes', () => {
  const refused = (request: object): string | undefined =>
    nodeRestriction.admit(
      { operation: 'create', context: { user: n1.name, requester: n1 }, ...request } as AdmissionRequest,
      cell().cache,
    )?.message;
  const node = (name: string, more: Partial<Node> = {}, labels = {}): Node => ({ metadata: { name, labels }, ...more });

  test('is itself alone, without the labels and taints that others set', () => {
    expect(refused({ resource: nodes, object: node('n1') })).toBeUndefined();
    expect(refused({ resource: nodes, object: node('n2') })).toContain('node "n1" is not allowed to modify node "n2"');
    const labelled = node('n1', {}, { 'node-restriction.kubernetes.io/pool': 'x' });
    expect(refused({ resource: nodes, object: labelled })).toContain('is not allowed to modify labels');
    const labels = (...keys: string[]) => node('n1', {}, Object.fromEntries(keys.map((key) => [key, 'x'])));
    for (const key of [
      'node-role.kubernetes.io/control-plane',
      'kubernetes.io/x',
      'a.k8s.io/y',
      'z.node-restriction.kubernetes.io/p',
    ])
      expect(refused({ resource: nodes, object: labels(key) })).toContain(`not allowed to modify labels: ${key}`);
    const own = labels(
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
      'node.kubernetes.io/instance-type',
      'a.b/c',
    );
    expect(refused({ resource: nodes, object: own })).toBeUndefined();
    const change = { operation: 'update', resource: nodes, previous: node('n1') };
    expect(refused({ ...change, object: node('n1', {}, { zone: 'x' }) })).toBeUndefined();
    const tainted = node('n1', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } });
    expect(refused({ ...change, object: tainted })).toContain('is not allowed to modify taints');
  });

  test('are mirrors of its own pods', () => {
    const pod = (nodeName: string, annotations = {}, spec = {}) => ({
      resource: pods,
      object: { metadata: { name: 'p', namespace: 'a', annotations }, spec: { nodeName, containers: [], ...spec } },
    });
    const mirror = { 'kubernetes.io/config.mirror': 'x' };
    expect(refused(pod('n1'))).toContain('can only create mirror pods');
    expect(refused(pod('n2', mirror))).toContain('spec.nodeName set to itself');
    expect(refused(pod('n1', mirror, { volumes: [{ name: 's', secret: { secretName: 'x' } }] }))).toContain(
      'reference secrets',
    );
    expect(refused(pod('n1', mirror))).toBeUndefined();
  });
});
