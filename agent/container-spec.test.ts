import { describe, expect, test } from 'vitest';
import { containerSpec, oomScoreAdj, type Surroundings, sandboxSpec } from './container-spec.ts';
import { observedContainer } from './labels.ts';
import type { CreateContainer } from './plan/steps.ts';
import { container, podOf } from './plan/transcript.fixture.ts';
import type { Container, Pod } from './pod-types.ts';
import type { ContainerSpec } from './runtime.ts';

const around = (pod: Pod): Surroundings => ({
  pod,
  owner: { cellId: 'c1', nodeName: 'n1' },
  nodeName: 'n1',
  networkName: 'stowage-c1',
  podDir: '/data/pods/u',
  hostIp: '192.0.2.1',
  podIp: undefined,
  allocatable: { cpuMilli: 2000, memoryBytes: 1000 * 1024 ** 2 },
});
const step: CreateContainer = {
  type: 'createContainer',
  role: 'app',
  container: 'app',
  attempt: 2,
  crashes: 1,
  sandbox: { id: 'pause-id', attempt: 0 },
};
const sources = { configMap: () => undefined, secret: () => undefined };
const build = (spec: Partial<Container>, pod: Partial<NonNullable<Pod['spec']>> = {}) =>
  containerSpec(container('app', spec), step, around(podOf({ containers: [container('app', spec)], ...pod })), sources);
const spec = (...args: Parameters<typeof build>): ContainerSpec => {
  const result = build(...args);
  if (!result.ok) throw new Error(result.message);
  return result.spec;
};

describe('a container', () => {
  test('is named for its attempt and shares the sandbox', () => {
    expect(spec({})).toMatchObject({
      name: 'stowage_app_web_default_11111111_2',
      image: 'app:1',
      network: { container: 'pause-id' },
      ipc: { container: 'pause-id' },
      pid: 'private',
    });
  });

  test('carries all that adoption needs in its labels', () => {
    const { labels, name, image } = spec({});
    const info = { id: 'x', name, image, labels, imageId: '', state: 'created', createdAtMs: 0 } as const;
    expect(observedContainer(info)).toMatchObject({
      name: 'app',
      role: 'app',
      attempt: 2,
      crashes: 1,
      sandboxId: 'pause-id',
      sandboxAttempt: 0,
    });
    expect(labels).toMatchObject({
      'stowage.dev/cell': 'c1',
      'stowage.dev/node': 'n1',
      'io.kubernetes.pod.name': 'web',
      'io.kubernetes.pod.namespace': 'default',
      'io.kubernetes.pod.uid': '11111111-2222',
      'io.kubernetes.container.name': 'app',
    });
  });

  test('its command replaces the entry point, its args the command, and both know its variables', () => {
    const env = [{ name: 'WHO', value: 'world' }];
    expect(spec({ command: ['echo', 'hello $(WHO)'], args: ['$(NOBODY)'], env })).toMatchObject({
      entrypoint: ['echo', 'hello world'],
      command: ['$(NOBODY)'],
      env: ['WHO=world'],
    });
    expect(spec({})).toMatchObject({ entrypoint: undefined, command: undefined });
  });

  test.each([
    ['nothing asked', {}, { cpuShares: 2, cpuQuotaUs: 0, memoryBytes: 0 }],
    ['a request', { requests: { cpu: '500m', memory: '64Mi' } }, { cpuShares: 512, cpuQuotaUs: 0, memoryBytes: 0 }],
    [
      'a limit',
      { limits: { cpu: '1500m', memory: '64Mi' } },
      { cpuShares: 1536, cpuQuotaUs: 150_000, memoryBytes: 67_108_864 },
    ],
    ['a tiny limit', { limits: { cpu: '1m' } }, { cpuShares: 2, cpuQuotaUs: 1000 }],
  ])('resources: %s', (_what, resources, expected) => {
    expect(spec({ resources })).toMatchObject(expected);
  });

  test('its security settings win over those of the pod', () => {
    const pod = { securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] } };
    const own = { runAsUser: 7, privileged: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false };
    const capabilities = { add: ['NET_ADMIN'], drop: ['ALL'] };
    expect(spec({ securityContext: { ...own, capabilities } }, pod)).toMatchObject({
      user: '7:2',
      groups: ['4', '3'],
      privileged: true,
      readOnlyRoot: true,
      noNewPrivileges: true,
      capabilitiesAdd: ['NET_ADMIN'],
      capabilitiesDrop: ['ALL'],
    });
    expect(build({ securityContext: { runAsNonRoot: true, runAsUser: 0 } })).toMatchObject({ ok: false });
  });

  test('mounts what its pod has, where its pod has it', () => {
    const volumes = [
      { name: 'scratch', emptyDir: {} },
      { name: 'fast', emptyDir: { medium: 'Memory' } },
      { name: 'settings', configMap: { name: 'x' } },
      { name: 'host', hostPath: { path: '/srv' } },
    ];
    const volumeMounts = [
      { name: 'scratch', mountPath: '/scratch', subPathExpr: '$(WHO)' },
      { name: 'fast', mountPath: '/fast' },
      { name: 'settings', mountPath: '/etc/settings' },
      { name: 'host', mountPath: '/host', readOnly: true, mountPropagation: 'HostToContainer' as const },
    ];
    const { mounts } = spec({ volumeMounts, env: [{ name: 'WHO', value: 'me' }] }, { volumes });
    expect(mounts).toEqual([
      {
        kind: 'bind',
        source: '/data/pods/u/volumes/scratch',
        subPath: 'me',
        target: '/scratch',
        readOnly: false,
        propagation: 'private',
      },
      { kind: 'volume', source: 'stowage_11111111-2222_fast', target: '/fast', readOnly: false },
      {
        kind: 'bind',
        source: '/data/pods/u/volumes/settings',
        target: '/etc/settings',
        readOnly: true,
        propagation: 'private',
      },
      { kind: 'bind', source: '/srv', target: '/host', readOnly: true, propagation: 'rslave' },
      { kind: 'bind', source: '/data/pods/u/messages/app-2', target: '/dev/termination-log', readOnly: false },
      { kind: 'bind', source: '/data/pods/u/etc/hosts', target: '/etc/hosts', readOnly: false },
    ]);
  });

  test('what cannot be mounted is said', () => {
    const volumes = [{ name: 'v', flocker: {} }];
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    const result = build({ volumeMounts }, { volumes });
    expect(result).toMatchObject({
      ok: false,
      message: expect.stringContaining('volume "v" is of the kind "flocker"'),
    });
    const outwards = [{ name: 's', mountPath: '/v', subPathExpr: '$(UP)' }];
    const env = [{ name: 'UP', value: '../..' }];
    expect(build({ volumeMounts: outwards, env }, { volumes: [{ name: 's', emptyDir: {} }] })).toMatchObject({
      ok: false,
    });
  });

  test('a pod on the network of its machine', () => {
    expect(spec({}, { hostNetwork: true, hostPID: true, hostIPC: true })).toMatchObject({
      network: 'host',
      pid: 'host',
      ipc: 'host',
    });
  });
});

describe('the sandbox', () => {
  test('owns network, name and ports', () => {
    const pod = podOf({
      containers: [container('app', { ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }] })],
      volumes: [{ name: 'fast', emptyDir: { medium: 'Memory' } }],
    });
    expect(sandboxSpec(1, around(pod), ['stowage_11111111-2222_fast'])).toMatchObject({
      name: 'stowage_POD_web_default_11111111_1',
      image: 'stowage.dev/pause:1',
      hostname: 'web',
      network: { name: 'stowage-c1' },
      ipc: 'shareable',
      ports: [{ containerPort: 80, hostPort: 8080, hostIp: '', protocol: 'tcp' }],
      mounts: [{ kind: 'volume', source: 'stowage_11111111-2222_fast' }],
      oomScoreAdj: -998,
    });
  });

  test('on the network of its machine it has neither', () => {
    const pod = podOf({
      hostNetwork: true,
      containers: [container('app', { ports: [{ containerPort: 80, hostPort: 80 }] })],
    });
    expect(sandboxSpec(0, around(pod), [])).toMatchObject({ network: 'host', ports: [], hostname: undefined });
  });
});

test('who goes first when memory runs out', () => {
  const machine = 1000 * 1024 ** 2;
  const of = (resources: Container['resources']) => podOf({ containers: [container('app', { resources })] });
  expect(oomScoreAdj(of({}), 0, machine)).toBe(1000);
  expect(oomScoreAdj(of({ limits: { cpu: '1', memory: '1Mi' } }), 1024 ** 2, machine)).toBe(-997);
  expect(oomScoreAdj(of({ requests: { memory: '250Mi' } }), 250 * 1024 ** 2, machine)).toBe(750);
  expect(oomScoreAdj(of({ requests: { cpu: '1' } }), 0, machine)).toBe(999);
});
