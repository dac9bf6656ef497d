import { describe, expect, test } from 'vitest';
import { created, podOf } from '../sample.suite.ts';
import { defaultPullPolicy } from './image.ts';
import { pods } from './pod.ts';

const specOf = (spec: object = {}, container: object = {}) => {
  const found = created(pods, podOf(spec, container)).object.spec;
  if (!found) throw new Error('a pod without a spec');
  return found;
};
const containerOf = (container: object, spec: object = {}) => specOf(spec, container).containers[0];

test('a pod that says nothing gets what Kubernetes gives it', () => {
  const { object } = created(pods, podOf());
  expect(object.spec).toEqual({
    containers: [
      {
        name: 'main',
        image: 'example/web:1',
        imagePullPolicy: 'IfNotPresent',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  expect(object.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
});

test('what is said stays', () => {
  const said = {
    dnsPolicy: 'Default',
    enableServiceLinks: false,
    restartPolicy: 'Never',
    schedulerName: 'other',
    terminationGracePeriodSeconds: 0,
  };
  expect(specOf(said)).toMatchObject(said);
});

test.each([
  ['web', 'Always'],
  ['web:latest', 'Always'],
  ['host:5000/web', 'Always'],
  ['web:1', 'IfNotPresent'],
  ['host:5000/team/web:1.2', 'IfNotPresent'],
  ['web@sha256:abc', 'IfNotPresent'],
  ['web:latest@sha256:abc', 'Always'],
])('image %s is pulled %s', (image, policy) => {
  expect(defaultPullPolicy(image)).toBe(policy);
  expect(containerOf({ image })?.imagePullPolicy).toBe(policy);
});

describe('parts of a container', () => {
  test('ports are TCP; with the network of the machine they are its ports too', () => {
    const ports = [{ containerPort: 80 }];
    expect(containerOf({ ports })?.ports).toEqual([{ containerPort: 80, protocol: 'TCP' }]);
    expect(containerOf({ ports }, { hostNetwork: true })?.ports).toEqual([
      { containerPort: 80, hostPort: 80, protocol: 'TCP' },
    ]);
  });

  test('requests come from limits, one by one', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '0.5' } };
    expect(containerOf({ resources })?.resources?.requests).toEqual({ cpu: '500m', memory: '1Gi' });
  });

  test('probes and hooks', () => {
    const found = containerOf({
      livenessProbe: { httpGet: { port: 80 }, periodSeconds: 0 },
      readinessProbe: { grpc: { port: 9000 }, failureThreshold: 7 },
      lifecycle: { preStop: { httpGet: { port: 'web', path: '/bye' } } },
    });
    expect(found?.livenessProbe).toEqual({
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      failureThreshold: 3,
      periodSeconds: 10,
      successThreshold: 1,
      timeoutSeconds: 1,
    });
    expect(found?.readinessProbe).toMatchObject({ grpc: { port: 9000, service: '' }, failureThreshold: 7 });
    expect(found?.lifecycle?.preStop?.httpGet).toEqual({ port: 'web', path: '/bye', scheme: 'HTTP' });
  });

  test('field references are of version v1', () => {
    const env = [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }];
    expect(containerOf({ env })?.env?.[0]?.valueFrom?.fieldRef?.apiVersion).toBe('v1');
  });
});

test.each([
  ['no source', { name: 'v' }, { name: 'v', emptyDir: {} }],
  ['secret', { name: 'v', secret: { secretName: 's' } }, { name: 'v', secret: { secretName: 's', defaultMode: 420 } }],
  ['configMap', { name: 'v', configMap: { name: 'c' } }, { name: 'v', configMap: { name: 'c', defaultMode: 420 } }],
  ['hostPath', { name: 'v', hostPath: { path: '/x' } }, { name: 'v', hostPath: { path: '/x', type: '' } }],
  [
    'projected',
    { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    {
      name: 'v',
      projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] },
    },
  ],
])('volume with %s', (_, volume, expected) => {
  expect(specOf({ volumes: [volume] }).volumes).toEqual([expected]);
});

test('a service account has one value under two names', () => {
  expect(specOf({ serviceAccount: 'old' })).toMatchObject({ serviceAccount: 'old', serviceAccountName: 'old' });
  expect(specOf({ serviceAccount: 'old', serviceAccountName: 'new' })).toMatchObject({
    serviceAccount: 'new',
    serviceAccountName: 'new',
  });
});

test('the status of a client is not kept, a gated pod says why it waits, a negative grace period becomes a second', () => {
  const manifest = podOf({ schedulingGates: [{ name: 'example.com/quota' }], terminationGracePeriodSeconds: -5 });
  const { object } = created(pods, { ...manifest, status: { phase: 'Running' } });
  expect(object.status).toMatchObject({
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
  });
  expect(object.spec?.terminationGracePeriodSeconds).toBe(1);
});
