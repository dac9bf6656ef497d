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
const warnings = (spec: object = {}, container: object = {}) =>
  pods.warnings?.(created(pods, podOf(spec, container)).object as Pod) ?? [];

describe('a pod', () => {
  test('that uses what is honoured is warned of nothing, whatever is filled in', () => {
    const security = {
      seccompProfile: { type: 'RuntimeDefault' },
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
    };
    const spec = {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      automountServiceAccountToken: false,
      hostUsers: true,
      os: { name: 'linux' },
      affinity: { nodeAffinity: {}, podAntiAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      imagePullSecrets: [],
      securityContext: { fsGroup: 1, supplementalGroupsPolicy: 'Merge' },
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'c', configMap: { name: 'c' } },
      ],
    };
    const container = {
      securityContext: security,
      resources: { limits: { cpu: '1', memory: '1Gi' } },
      lifecycle: { preStop: { exec: { command: ['true'] } } },
      stdin: true,
    };
    expect(warnings()).toEqual([]);
    expect(warnings(spec, container)).toEqual([]);
  });

  test.each<[string, object]>([
    ['spec.automountServiceAccountToken', { automountServiceAccountToken: true }],
    ['spec.hostUsers', { hostUsers: false }],
    ['spec.imagePullSecrets', { imagePullSecrets: [{ name: 'key' }] }],
    ['spec.subdomain', { subdomain: 'db' }],
    ['spec.runtimeClassName', { runtimeClassName: 'gvisor' }],
    ['spec.securityContext.seccompProfile.type', { securityContext: { seccompProfile: { type: 'Localhost' } } }],
    ['spec.securityContext.appArmorProfile.type', { securityContext: { appArmorProfile: { type: 'Unconfined' } } }],
    ['spec.volumes[0].persistentVolumeClaim', { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'a' } }] }],
    ['spec.volumes[0].emptyDir.sizeLimit', { volumes: [{ name: 'a', emptyDir: { sizeLimit: '1Gi' } }] }],
    [
      'spec.volumes[0].projected.sources[1].serviceAccountToken',
      { volumes: [{ name: 'a', projected: { sources: [{ secret: {} }, { serviceAccountToken: { path: 't' } }] } }] },
    ],
  ])('that uses %s is warned of it', (path, spec) => {
    expect(warnings(spec)).toEqual([path + NOT_DONE]);
  });

  test.each<[string, object]>([
    ['livenessProbe', { livenessProbe: probe }],
    ['readinessProbe', { readinessProbe: probe }],
    ['startupProbe', { startupProbe: probe }],
    ['securityContext.procMount', { securityContext: { procMount: 'Unmasked' } }],
    ['resources.limits.ephemeral-storage', { resources: { limits: { 'ephemeral-storage': '1Gi' } } }],
  ])('whose container uses %s is warned of it', (path, container) => {
    expect(warnings({}, container)).toEqual([`spec.containers[0].${path}${NOT_DONE}`]);
  });

  test('hears of a field once, however often it is used', () => {
    const one = (name: string) => ({ name, image: 'web:1', readinessProbe: probe });
    const spec = {
      containers: [one('a'), { name: 'b', image: 'web:1' }, one('c')],
      initContainers: [{ ...one('i'), restartPolicy: 'Always' }],
    };
    expect(warnings(spec)).toEqual([`spec.initContainers[0].readinessProbe (and 2 more)${NOT_DONE}`]);
  });
});

test('templates are read where they stand', () => {
  const used = template({ subdomain: 'db' }, { livenessProbe: probe });
  const expected = ['subdomain', 'containers[0].livenessProbe'].map((path) => `spec.template.spec.${path}${NOT_DONE}`);
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
