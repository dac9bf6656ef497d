import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deployments } from '../apps/deployment.ts';
import { replicaSets } from '../apps/replica-set.ts';
import { arbitraryOf } from '../arbitrary.suite.ts';
import { jobs } from '../batch/job.ts';
import type { TSchema } from '../meta/schema.ts';
import { created, deploymentOf, jobOf, podOf, template } from '../sample.suite.ts';
import { ContainerSchema } from './container.ts';
import { type Pod, pods } from './pod.ts';
import { PodSpecSchema } from './pod-spec.ts';
import { podWarnings, UNUSED_PATHS } from './pod-warnings.ts';

const NOT_DONE = ': kept, but this version of Stowage does not act on it';
const probe = { exec: { command: ['true'] } };
const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
const warnings = (spec: object = {}, container: object = {}) =>
  pods.warnings?.(created(pods, podOf(spec, container)).object as Pod) ?? [];

describe('a pod', () => {
  test('that uses what is honoured is warned of nothing, whatever is filled in', () => {
    const security = {
      seccompProfile: { type: 'Localhost', localhostProfile: 'a.json' },
      appArmorProfile: { type: 'Unconfined' },
      seLinuxOptions: { level: 's0' },
      procMount: 'Unmasked',
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
    };
    const spec = {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      ...{ automountServiceAccountToken: false, hostname: 'a', subdomain: 'b', setHostnameAsFQDN: true },
      hostUsers: true,
      os: { name: 'linux' },
      affinity: { nodeAffinity: {}, podAntiAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      imagePullSecrets: [{ name: 'key' }],
      securityContext: { fsGroup: 1, supplementalGroupsPolicy: 'Strict' },
      resources: { limits: { cpu: '2', memory: '2Gi' } },
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'c', configMap: { name: 'c' } },
        { name: 'd', emptyDir: { sizeLimit: '1Gi' } },
        { name: 'e', persistentVolumeClaim: { claimName: 'e' } },
        { name: 'f', csi: { driver: 'docker.volumes.stowage.dev', volumeAttributes: { name: 'f' } } },
      ],
    };
    const container = {
      securityContext: security,
      resources: { limits: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' } },
      lifecycle: { postStart: { httpGet: { port: 80 } }, preStop: { exec: { command: ['true'] } } },
      ...{ startupProbe: probe, readinessProbe: probe, livenessProbe: probe },
      stdin: true,
    };
    expect(warnings()).toEqual([]);
    expect(warnings(spec, container)).toEqual([]);
  });

  test.each<[string, object]>([
    ['spec.hostUsers', { hostUsers: false }],
    ['spec.resourceClaims', { resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] }],
    ['spec.securityContext.windowsOptions', { securityContext: { windowsOptions: { hostProcess: false } } }],
    ['spec.volumes[0].csi', { volumes: [{ name: 'a', csi: { driver: 'disks.example.com' } }] }],
    ['spec.volumes[0].emptyDir.medium', { volumes: [{ name: 'a', emptyDir: { medium: 'HugePages' } }] }],
    [
      'spec.volumes[0].projected.sources[1].clusterTrustBundle',
      { volumes: [{ name: 'a', projected: { sources: [{ secret: {} }, { clusterTrustBundle: { path: 't' } }] } }] },
    ],
  ])('that uses %s is warned of it', (path, spec) => {
    expect(warnings(spec)).toEqual([path + NOT_DONE]);
  });

  test('hears what of a field counts all the same', () => {
    const exception = ': only the overhead and the scheduling of its RuntimeClass count';
    expect(warnings({ runtimeClassName: 'gvisor' })).toEqual([`spec.runtimeClassName${NOT_DONE}${exception}`]);
  });

  test.each<[string, object]>([
    ['lifecycle.preStop.tcpSocket', { lifecycle: { preStop: { tcpSocket: { port: 80 } } } }],
    ['restartPolicyRules', { restartPolicyRules: rules }],
  ])('whose container uses %s is warned of it', (path, container) => {
    expect(warnings({}, container)).toEqual([`spec.containers[0].${path}${NOT_DONE}`]);
  });

  test('hears of a field once, however often it is used', () => {
    const one = (name: string) => ({ name, image: 'web:1', restartPolicyRules: rules });
    const spec = {
      containers: [one('a'), { name: 'b', image: 'web:1' }, one('c')],
      initContainers: [{ ...one('i'), restartPolicy: 'Always' }],
    };
    expect(warnings(spec)).toEqual([`spec.initContainers[0].restartPolicyRules (and 2 more)${NOT_DONE}`]);
  });
});

test('templates are read where they stand', () => {
  const used = template({ hostUsers: false }, { restartPolicyRules: rules });
  const expected = ['hostUsers', 'containers[0].restartPolicyRules'].map(
    (path) => `spec.template.spec.${path}${NOT_DONE}`,
  );
  const manifest = deploymentOf({ template: used });
  expect(deployments.warnings?.(created(deployments, manifest).object)).toEqual(expected);
  expect(replicaSets.warnings?.(created(replicaSets, manifest).object)).toEqual(expected);
  const job = jobOf({ template: { spec: { ...used.spec, restartPolicy: 'Never' } } });
  expect(jobs.warnings?.(created(jobs, job).object)).toEqual(expected);
});

interface Shape {
  properties?: Record<string, Shape>;
  additionalProperties?: Shape;
  items?: Shape;
}

function schemaAt(schema: TSchema, path: string): Shape | undefined {
  let at: Shape | undefined = schema as Shape;
  for (const name of path.split('.')) {
    const key = name.replace(/\[\]$/, '');
    const field: Shape | undefined = at?.properties?.[key] ?? at?.additionalProperties;
    at = key === name ? field : field?.items;
  }
  return at;
}

test.each([...UNUSED_PATHS.pod])('%s is a field of pods', (path) => {
  expect(schemaAt(PodSpecSchema, path)).toBeDefined();
});
test.each([...UNUSED_PATHS.container])('%s is a field of containers', (path) => {
  expect(schemaAt(ContainerSchema, path)).toBeDefined();
});

test('whatever a spec holds is warned of in sentences that a header can carry, no two alike', () => {
  fc.assert(
    fc.property(arbitraryOf(PodSpecSchema), (spec) => {
      const found = podWarnings(spec as Pod['spec'], 'spec');
      expect(new Set(found).size).toBe(found.length);
      for (const sentence of found) expect(sentence).toMatch(/^spec\.[\x20-\x7e]+$/);
    }),
    { numRuns: 100 },
  );
});
