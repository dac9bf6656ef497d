import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deployments } from '../../../api/apps/deployment.ts';
import { arbitraryOf } from '../../../api/arbitrary.suite.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, type PodSpec, pods } from '../../../api/core/pod.ts';
import { PodSpecSchema } from '../../../api/core/pod-spec.ts';
import { container, deploymentOf } from '../../../api/sample.suite.ts';
import { type AdmittingCell, admittingCell, outcome } from './admission.fixture.ts';
import { type Level, violationsOf } from './pod-security-policy.ts';
import { subjectOf } from './pod-security-subject.ts';

const LATEST = Number.POSITIVE_INFINITY;
const judged = (spec: object, level: Level, minor = LATEST, annotations = {}) =>
  violationsOf(subjectOf(spec as PodSpec, annotations), { level, minor });

const HARDENED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const plain = (spec: object = {}, securityContext: object = {}) => ({
  containers: [container({ securityContext })],
  ...spec,
});
const hard = (spec: object = {}, securityContext: object = {}) => plain(spec, { ...HARDENED, ...securityContext });

describe('the level baseline', () => {
  test.each<[string, object, string]>([
    [
      'host namespaces',
      plain({ hostNetwork: true, hostPID: true, hostIPC: true }),
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
    [
      'privileged',
      plain({}, { privileged: true }),
      'privileged (container "main" must not set securityContext.privileged=true)',
    ],
    [
      'capabilities',
      plain({}, { capabilities: { add: ['NET_ADMIN', 'CHOWN', 'NET_RAW'] } }),
      'non-default capabilities (container "main" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add)',
    ],
    [
      'host paths',
      plain({
        volumes: [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', hostPath: { path: '/' } },
        ],
      }),
      'hostPath volumes (volumes "a", "b")',
    ],
    [
      'host ports',
      { containers: [container({ ports: [{ containerPort: 1, hostPort: 80 }] })] },
      'hostPort (container "main" uses hostPort 80)',
    ],
    [
      'AppArmor',
      plain({}, { appArmorProfile: { type: 'Unconfined' } }),
      'forbidden AppArmor profile (container "main" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'SELinux',
      plain({}, { seLinuxOptions: { type: 'spc_t', user: 'u' } }),
      'seLinuxOptions (container "main" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      '/proc',
      plain({}, { procMount: 'Unmasked' }),
      'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      'seccomp',
      plain({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'sysctls',
      plain({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'host processes',
      plain({}, { windowsOptions: { hostProcess: true } }),
      'hostProcess (container "main" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ])('forbids %s', (_, spec, message) => {
    expect(judged(spec, 'baseline')).toBe(message);
    expect(judged(spec, 'privileged')).toBe('');
  });

  test('lets ordinary pods in', () => {
    const sysctls = [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }];
    expect(judged(plain({ securityContext: { sysctls } }, { capabilities: { add: ['CHOWN'] } }), 'baseline')).toBe('');
  });

  test('looks at init and ephemeral containers, and at annotations of old', () => {
    const privileged = container({ name: 'a', securityContext: { privileged: true } });
    const spec = plain({ initContainers: [privileged], ephemeralContainers: [{ ...privileged, name: 'b' }] });
    expect(judged(spec, 'baseline')).toContain('privileged (containers "a", "b" must not');
    const key = 'container.apparmor.security.beta.kubernetes.io/main';
    expect(judged(plain(), 'baseline', LATEST, { [key]: 'unconfined' })).toBe(
      `forbidden AppArmor profile (annotation "${key}"="unconfined")`,
    );
  });

  test('goes by the version asked for', () => {
    const spec = plain({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_fin_timeout', value: '1' }] } });
    expect(judged(spec, 'baseline', 28)).toBe('forbidden sysctls (net.ipv4.tcp_fin_timeout)');
    expect(judged(spec, 'baseline', 29)).toBe('');
  });
});

describe('the level restricted', () => {
  test('says all that a plain pod lacks, in the order of Kubernetes', () => {
    expect(judged(plain(), 'restricted')).toBe(
      'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  test.each<[string, object, string]>([
    ['a hardened container', hard(), ''],
    [
      'settings of the pod',
      hard(
        { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } } },
        { runAsNonRoot: undefined, seccompProfile: undefined },
      ),
      '',
    ],
    ['binding of low ports', hard({}, { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }), ''],
    [
      'another capability',
      hard({}, { capabilities: { drop: ['ALL'], add: ['CHOWN'] } }),
      'unrestricted capabilities (container "main" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    [
      'a volume of the machine',
      hard({
        volumes: [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', emptyDir: {} },
        ],
      }),
      'restricted volume types (volume "a" uses restricted volume type "hostPath")',
    ],
    ['root by number', hard({}, { runAsUser: 0 }), 'runAsUser=0 (container "main" must not set runAsUser=0)'],
    [
      'root by choice',
      hard({}, { runAsNonRoot: false }),
      'runAsNonRoot != true (container "main" must not set securityContext.runAsNonRoot=false)',
    ],
    ['Windows', { ...plain({ os: { name: 'windows' } }, { runAsNonRoot: true }) }, ''],
  ])('%s', (_, spec, message) => {
    expect(judged(spec, 'restricted')).toBe(message);
  });
});

test('any pod is judged, and who keeps to a level keeps to those below it', () => {
  fc.assert(
    fc.property(arbitraryOf(PodSpecSchema), fc.nat(40), (spec, minor) => {
      const [baseline, restricted] = [judged(spec, 'baseline', minor), judged(spec, 'restricted', minor)];
      if (restricted === '' && minor >= 22) expect(baseline).toBe('');
      expect(judged(spec, 'privileged', minor)).toBe('');
    }),
  );
});

describe('a namespace', () => {
  let cell: AdmittingCell;
  let warnings: string[];
  let notes: Record<string, string>;
  beforeEach(async () => {
    cell = await admittingCell();
    warnings = [];
    notes = {};
  });
  afterEach(() => cell.stop());
  const context = () => ({
    user: 'tester',
    warn: (sentence: string) => void warnings.push(sentence),
    annotate: (key: string, value: string) => {
      notes[key] = value;
    },
  });
  const label = (labels: Record<string, string>) =>
    outcome(
      cell.objects.update(
        namespaces,
        undefined,
        'team',
        (namespace) => {
          const named = Object.entries(labels).map(([mode, value]) => [`pod-security.kubernetes.io/${mode}`, value]);
          namespace.metadata = { ...namespace.metadata, labels: Object.fromEntries(named) };
        },
        context(),
      ),
    ).finally(() => cell.settled());
  const create = (name: string, spec: object) =>
    outcome(cell.objects.create(pods, { metadata: { name, namespace: 'team' }, spec } as Pod, context()));

  test('refuses, warns and notes as its labels say', async () => {
    expect(await label({ enforce: 'baseline', warn: 'restricted', audit: 'restricted', 'audit-version': 'v1.7' })).toBe(
      'done',
    );
    expect(await create('a', plain({ hostNetwork: true }))).toBe(
      'pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    );
    expect(warnings).toEqual([]);
    expect(await create('b', plain())).toBe('done');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/);
    expect(notes).toEqual({
      'pod-security.kubernetes.io/enforce-policy': 'baseline:latest',
      'pod-security.kubernetes.io/audit-violations':
        'would violate PodSecurity "restricted:v1.7": runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true)',
    });
  });

  test('only warns of templates', async () => {
    await label({ enforce: 'baseline', warn: 'baseline' });
    const spec = { template: { metadata: { labels: { app: 'web' } }, spec: plain({ hostPID: true }) } };
    const deployment = { ...deploymentOf(spec), metadata: { name: 'web', namespace: 'team' } };
    expect(await outcome(cell.objects.create(deployments, deployment as never, context()))).toBe('done');
    expect(warnings).toEqual(['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']);
  });

  test('refuses labels it cannot read, and tells of pods that would not be let in', async () => {
    expect(await label({ enforce: 'strict' })).toContain(
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    );
    expect(await label({ warn: 'baseline', 'warn-version': 'v2' })).toContain('must be "latest" or "v1.x"');
    expect(await create('a', plain({ hostPID: true, hostIPC: true }))).toBe('done');
    expect(await create('b', plain({ hostIPC: true }))).toBe('done');
    await cell.settled();
    warnings = [];
    expect(await label({ enforce: 'baseline' })).toBe('done');
    expect(warnings).toEqual([
      'existing pods in namespace "team" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): host namespaces',
    ]);
  });
});
