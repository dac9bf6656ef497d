import { describe, expect, test } from 'vitest';
import { container, created, lines, podOf } from '../sample.suite.ts';
import { isIp } from './checks.ts';
import { pods } from './pod.ts';

const faults = (spec: object, inner: object = {}): string[] => lines(created(pods, podOf(spec, inner)).faults);
const first = 'spec.containers[0]';

/** Rows of [title, fields of the container, the one fault]. */
describe('one container', () => {
  test.each([
    ['no name', { name: '' }, `${first}.name: Required value`],
    ['no image', { image: '' }, `${first}.image: Required value`],
    [
      'blank around the image',
      { image: ' web' },
      `${first}.image: Invalid value: " web": must not have leading or trailing whitespace`,
    ],
    [
      'pull policy',
      { imagePullPolicy: 'Sometimes' },
      `${first}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
    ],
    [
      'port number',
      { ports: [{ containerPort: 70000 }] },
      `${first}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
    ],
    ['no port number', { ports: [{ name: 'web' }] }, `${first}.ports[0].containerPort: Required value`],
    [
      'port name',
      { ports: [{ containerPort: 1, name: 'a-very-long-port-name' }] },
      `${first}.ports[0].name: Invalid value: "a-very-long-port-name": must be no more than 15 characters`,
    ],
    [
      'port names twice',
      {
        ports: [
          { containerPort: 1, name: 'a' },
          { containerPort: 2, name: 'a' },
        ],
      },
      `${first}.ports[1].name: Duplicate value: "a"`,
    ],
    [
      'host ports twice',
      {
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 2, hostPort: 80 },
        ],
      },
      `${first}.ports[1].hostPort: Duplicate value: "TCP//80"`,
    ],
    [
      'env name',
      { env: [{ name: 'A=B' }] },
      `${first}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
    ],
    ['env without name', { env: [{ value: 'x' }] }, `${first}.env[0].name: Required value`],
    [
      'two env sources',
      {
        env: [
          { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 's', key: 'k' } } },
        ],
      },
      `${first}.env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time`,
    ],
    [
      'env value and source',
      { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      `${first}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
    ],
    [
      'secret without key',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's' } } }] },
      `${first}.env[0].valueFrom.secretKeyRef.key: Required value`,
    ],
    [
      'unknown mount',
      { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      `${first}.volumeMounts[0].name: Not found: "data"`,
    ],
    [
      'request above limit',
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      `${first}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
    ],
    [
      'negative request',
      { resources: { requests: { memory: '-1Mi' } } },
      `${first}.resources.requests[memory]: Invalid value: "-1Mi": must be greater than or equal to 0`,
    ],
    [
      'device without limit',
      { resources: { requests: { 'example.com/gpu': '1' } } },
      `${first}.resources.requests: Required value: Limit must be set for non overcommitable resources`,
    ],
    [
      'probe without handler',
      { livenessProbe: {} },
      `${first}.livenessProbe: Required value: must specify a handler type`,
    ],
    [
      'probe with two handlers',
      { livenessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } },
      `${first}.livenessProbe: Forbidden: may not specify more than 1 handler type`,
    ],
    [
      'liveness success threshold',
      { livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } },
      `${first}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
    ],
    [
      'negative probe period',
      { readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: -1 } },
      `${first}.readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`,
    ],
    [
      'probe port',
      { startupProbe: { httpGet: { port: 0 } } },
      `${first}.startupProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
    ],
    [
      'user',
      { securityContext: { runAsUser: -1 } },
      `${first}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
    ],
    [
      'restart policy',
      { restartPolicy: 'Sometimes' },
      `${first}.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"`,
    ],
  ])('%s', (_, inner, expected) => {
    expect(faults({}, inner)).toEqual([expected]);
  });

  test('a limit is a request too, and both are judged', () => {
    expect(faults({}, { resources: { limits: { 'example.com/gpu': '500m' } } })).toEqual([
      `${first}.resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
      `${first}.resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer`,
    ]);
    expect(faults({}, { resources: { limits: { gpu: '1' } } }).slice(0, 2)).toEqual([
      `${first}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      `${first}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
    ]);
  });
});

describe('the pod', () => {
  const volumes = [{ name: 'data' }];
  const mounts = (...paths: string[]) => ({ volumeMounts: paths.map((mountPath) => ({ name: 'data', mountPath })) });

  test.each([
    ['no containers', { containers: [] }, 'spec.containers: Required value'],
    ['names twice', { containers: [container(), container()] }, 'spec.containers[1].name: Duplicate value: "main"'],
    ['init name taken', { initContainers: [container()] }, 'spec.initContainers[0].name: Duplicate value: "main"'],
    [
      'restart policy',
      { restartPolicy: 'Maybe' },
      'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'deadline',
      { activeDeadlineSeconds: 0 },
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
    ['volume names twice', { volumes: [{ name: 'a' }, { name: 'a' }] }, 'spec.volumes[1].name: Duplicate value: "a"'],
    [
      'two sources',
      { volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/x' } }] },
      'spec.volumes[0]: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'hostPath upwards',
      { volumes: [{ name: 'a', hostPath: { path: '/x/../y' } }] },
      'spec.volumes[0].hostPath.path: Invalid value: "/x/../y": must not contain \'..\'',
    ],
    [
      'hostPath type',
      { volumes: [{ name: 'a', hostPath: { path: '/x', type: 'Disk' } }] },
      'spec.volumes[0].hostPath.type: Unsupported value: "Disk": supported values: "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"',
    ],
    [
      'secret without name',
      { volumes: [{ name: 'a', secret: {} }] },
      'spec.volumes[0].secret.secretName: Required value',
    ],
    [
      'item outside',
      { volumes: [{ name: 'a', configMap: { name: 'c', items: [{ key: 'k', path: '../k' }] } }] },
      'spec.volumes[0].configMap.items[0].path: Invalid value: "../k": must not contain \'..\'',
    ],
    [
      'file mode',
      { volumes: [{ name: 'a', configMap: { name: 'c', defaultMode: 4096 } }] },
      'spec.volumes[0].configMap.defaultMode: Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive',
    ],
    [
      'toleration without key',
      { tolerations: [{ effect: 'NoExecute' }] },
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      'toleration seconds',
      { tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 3 }] },
      'spec.tolerations[0].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
    [
      'toleration effect',
      { tolerations: [{ key: 'a', operator: 'Exists', effect: 'Never' }] },
      'spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
    [
      'no terms',
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } },
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [
      'topology key',
      { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } },
      'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
    ],
    [
      'skew',
      { topologySpreadConstraints: [{ topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    ],
    [
      'name servers',
      { dnsPolicy: 'None' },
      'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
    ],
    [
      'host alias',
      { hostAliases: [{ ip: '1.2.3', hostnames: ['a'] }] },
      'spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'node and gates',
      { nodeName: 'n', schedulingGates: [{ name: 'g' }] },
      'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
    ],
    [
      'init probe',
      { initContainers: [container({ name: 'init', readinessProbe: { tcpSocket: { port: 1 } } })] },
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ])('%s', (_, spec, expected) => {
    expect(faults(spec)).toEqual([expected]);
  });

  test('mounts have their own paths', () => {
    expect(faults({ volumes }, mounts('/a', '/b'))).toEqual([]);
    expect(faults({ volumes }, mounts('/a', '/a'))).toEqual([
      `${first}.volumeMounts[1].mountPath: Invalid value: "/a": must be unique`,
    ]);
  });

  test('a sidecar may be probed', () => {
    const sidecar = container({ name: 'side', restartPolicy: 'Always', readinessProbe: { tcpSocket: { port: 1 } } });
    expect(faults({ initContainers: [sidecar] })).toEqual([]);
  });

  test('all faults are reported together', () => {
    expect(faults({ containers: [{}, container()], restartPolicy: 'x' })).toHaveLength(3);
  });
});

test.each([
  ['10.0.0.1', true],
  ['256.0.0.1', false],
  ['01.2.3.4', false],
  ['::', true],
  ['::1', true],
  ['2001:db8::ffff', true],
  ['1:2:3:4:5:6:7:8', true],
  ['1:2:3:4:5:6:7', false],
  ['1::2::3', false],
  ['::ffff:10.0.0.1', true],
  ['host', false],
])('isIp(%s) is %s', (text, expected) => {
  expect(isIp(text)).toBe(expected);
});

test.each<[string, object, string]>([
  ['alone', { hostnameOverride: 'a.b' }, ''],
  ['that is no name', { hostnameOverride: 'A' }, 'Invalid value'],
  ['that the kernel does not take', { hostnameOverride: `${'a'.repeat(40)}.${'b'.repeat(40)}` }, 'Too long'],
  ["on the machine's network", { hostnameOverride: 'a', hostNetwork: true }, 'when hostNetwork is true'],
  ['and a full name', { hostnameOverride: 'a', setHostnameAsFQDN: true }, 'when setHostnameAsFQDN is true'],
])('a name that wins over all, %s', (_what, spec, words) => {
  const found = faults(spec).join();
  if (words) expect(found).toContain(words);
  else expect(found).toBe('');
});
