import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeProtobuf } from './decode.ts';

/** An encoder that knows nothing of the tables: a message is a list of fields, each a number and bytes already encoded. */
const varint = (value: number | bigint): number[] => {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
};
type Part = number[];
const int = (field: number, value: number | bigint): Part => [...varint(field * 8), ...varint(value)];
const block = (field: number, bytes: Iterable<number>): Part => {
  const content = [...bytes];
  return [...varint(field * 8 + 2), ...varint(content.length), ...content];
};
const text = (field: number, value: string): Part => block(field, new TextEncoder().encode(value));
const message = (field: number, ...parts: Part[]): Part => block(field, parts.flat());
const entry = (field: number, key: string, value: Part): Part => message(field, text(1, key), value);

const envelope = (apiVersion: string, kind: string, ...parts: Part[]) =>
  Uint8Array.from([
    ...[0x6b, 0x38, 0x73, 0],
    ...message(1, text(1, apiVersion), text(2, kind)),
    ...message(2, ...parts),
    ...text(3, ''),
    ...text(4, ''),
  ]);
const meta = (name: string) =>
  message(1, text(1, name), text(2, ''), text(3, ''), message(8), int(7, 0), entry(11, 'app', text(2, name)));

describe('objects', () => {
  test('a Deployment as kubectl create writes it', () => {
    const body = envelope(
      'apps/v1',
      'Deployment',
      meta('web'),
      message(
        2,
        int(1, 3),
        message(2, entry(1, 'app', text(2, 'web'))),
        message(
          3,
          meta('web'),
          message(2, message(2, text(1, 'nginx'), text(2, 'nginx:1'), text(5, ''), message(8), int(16, 0))),
        ),
        message(4, text(1, '')),
        int(5, 0),
        int(7, 0),
      ),
      message(3, int(1, 0), int(2, 0)),
    );
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { name: 'web', labels: { app: 'web' } },
          spec: { containers: [{ name: 'nginx', image: 'nginx:1', resources: {} }] },
        },
        strategy: {},
      },
      status: {},
    });
  });

  test('a Pod: embedded structs are flat, quantities and ports are scalars, pointers keep their zero', () => {
    const container = message(
      2,
      text(1, 'a'),
      message(8, entry(1, 'cpu', message(2, text(1, '500m')))),
      message(7, text(1, 'KEY'), message(3, message(3, message(1, text(1, 'settings')), text(2, 'k')))),
      message(
        10,
        message(1, message(2, text(1, '/ready'), message(2, int(1, 0), int(2, 8080), text(3, '')))),
        int(2, 5),
        int(3, 0),
      ),
      message(11, message(1, message(3, message(1, int(1, 1), int(2, 0), text(3, 'web')))), int(7, 0)),
      message(15, int(2, 0), int(4, 0), int(5, 1)),
    );
    const volume = (name: string, ...source: Part[]) => message(1, text(1, name), message(2, ...source));
    const body = envelope(
      'v1',
      'Pod',
      meta('p'),
      message(
        2,
        volume('tmp', message(2, text(1, ''))),
        volume('cfg', message(19, message(1, text(1, 'settings')), int(3, 0))),
        container,
        int(4, 0),
        message(14, int(2, 0), int(4, 1000), int(4, 0)),
      ),
    );
    expect((decodeProtobuf(body) as { spec: unknown }).spec).toEqual({
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'cfg', configMap: { name: 'settings', defaultMode: 0 } },
      ],
      containers: [
        {
          name: 'a',
          resources: { limits: { cpu: '500m' } },
          env: [{ name: 'KEY', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } }],
          livenessProbe: { httpGet: { path: '/ready', port: 8080 }, initialDelaySeconds: 5 },
          readinessProbe: { tcpSocket: { port: 'web' }, terminationGracePeriodSeconds: 0 },
          securityContext: { privileged: false, runAsUser: 0, runAsNonRoot: true },
        },
      ],
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsUser: 0, supplementalGroups: [1000, 0] },
    });
  });

  test('a PodDisruptionBudget as kubectl create writes it', () => {
    const body = envelope(
      'policy/v1',
      'PodDisruptionBudget',
      meta('web'),
      message(2, message(1, int(1, 1), int(2, 0), text(3, '50%')), message(2, entry(1, 'app', text(2, 'web')))),
      message(3, int(1, 0), entry(2, 'a', message(2, int(1, 1_700_000_000), int(2, 0))), int(3, 0)),
    );
    expect(decodeProtobuf(body)).toMatchObject({
      spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } },
      status: { disruptedPods: { a: '2023-11-14T22:13:20Z' } },
    });
  });

  test('a Secret: bytes become base64, empty ones too', () => {
    const body = envelope(
      'v1',
      'Secret',
      meta('s'),
      entry(2, 'k', block(2, [0, 255, 1])),
      entry(2, 'none', []),
      text(3, 'Opaque'),
    );
    expect(decodeProtobuf(body)).toMatchObject({ data: { k: 'AP8B', none: '' }, type: 'Opaque' });
  });

  test('times, negative numbers and packed lists', () => {
    const lease = envelope(
      'coordination.k8s.io/v1',
      'Lease',
      meta('l'),
      message(2, text(1, ''), message(4, int(1, 1_700_000_000), int(2, 5_000_999))),
    );
    expect(decodeProtobuf(lease)).toMatchObject({
      spec: { holderIdentity: '', renewTime: '2023-11-14T22:13:20.005000Z' },
    });
    const priority = envelope(
      'scheduling.k8s.io/v1',
      'PriorityClass',
      message(1, text(1, 'low'), message(8, int(1, 0))),
      int(2, -5n),
    );
    expect(decodeProtobuf(priority)).toMatchObject({
      metadata: { name: 'low', creationTimestamp: '1970-01-01T00:00:00Z' },
      value: -5,
    });
    const pod = envelope('v1', 'Pod', message(2, message(14, block(4, [...varint(1), ...varint(300)]))));
    expect(decodeProtobuf(pod)).toMatchObject({ spec: { securityContext: { supplementalGroups: [1, 300] } } });
  });

  test('managed fields carry JSON; hostile keys stay data', () => {
    const body = envelope(
      'v1',
      'ConfigMap',
      message(1, text(1, 'c'), message(17, message(7, text(1, '{"f:data":{}}')))),
      entry(2, '__proto__', text(2, 'x')),
    );
    const decoded = decodeProtobuf(body) as { metadata: unknown; data: object };
    expect(decoded.metadata).toEqual({ name: 'c', managedFields: [{ fieldsV1: { 'f:data': {} } }] });
    expect(JSON.stringify(decoded.data)).toBe('{"__proto__":"x"}');
  });

  test('DeleteOptions of any version; a grace period of 0 counts', () => {
    expect(
      decodeProtobuf(
        envelope('apps/v1', 'DeleteOptions', int(1, 0), text(4, 'Foreground'), message(2, text(1, 'uid'))),
      ),
    ).toEqual({
      apiVersion: 'apps/v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Foreground',
      preconditions: { uid: 'uid' },
    });
  });

  test('unknown fields are skipped, whatever their wire type', () => {
    const unknown = [
      ...int(900, 7),
      ...text(901, 'x'),
      ...varint(902 * 8 + 1),
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...varint(903 * 8 + 5),
      0,
      0,
      0,
      0,
    ];
    expect(decodeProtobuf(envelope('v1', 'Namespace', meta('n'), unknown))).toMatchObject({ metadata: { name: 'n' } });
  });
});

describe('refusals', () => {
  const good = envelope('v1', 'ConfigMap', meta('c'), entry(2, 'k', text(2, 'v')));
  test.each([
    ['empty', new Uint8Array(), /does not start with/],
    ['JSON', new TextEncoder().encode('{"kind":"Pod"}'), /does not start with/],
    ['an unknown kind', envelope('v1', 'Widget'), /no protobuf decoder for kind "Widget" in version "v1"/],
    ['a known kind in another version', envelope('apps/v1', 'Pod'), /no protobuf decoder/],
    ['no type', Uint8Array.from([0x6b, 0x38, 0x73, 0]), /no protobuf decoder for kind ""/],
    ['text that is not UTF-8', envelope('v1', 'Pod', message(1, block(1, [0xff]))), /not UTF-8/],
    ['a wrong wire type', envelope('v1', 'Pod', int(1, 1)), /metadata has wire type 0/],
    ['a field beyond the end', envelope('v1', 'Pod', [0x0a, 0x7f]), /ends after the body/],
    ['a group', envelope('v1', 'Pod', [...varint(900 * 8 + 3)]), /wire type 3/],
    [
      'an endless number',
      envelope(
        'v1',
        'Pod',
        Array.from({ length: 12 }, () => 0x80),
      ),
      /longer than 10 bytes/,
    ],
    ['field number 0', envelope('v1', 'Pod', [0, 0]), /field number 0/],
    ['a time out of range', envelope('v1', 'Pod', message(1, message(8, int(1, 2n ** 62n)))), /out of range/],
    ['broken JSON inside', envelope('v1', 'Pod', message(1, message(17, message(7, text(1, '{'))))), /does not parse/],
    ['an encoding', Uint8Array.from([...good, ...text(3, 'gzip')]), /content encoding "gzip"/],
    ['another content', Uint8Array.from([...good, ...text(4, 'text/csv')]), /"text\/csv"/],
  ])('%s', (_, bytes, expected) => {
    expect(() => decodeProtobuf(bytes)).toThrow(
      expect.objectContaining({ code: 400, message: expect.stringMatching(expected) }),
    );
  });

  test('cut or flipped anywhere, a body decodes or is a 400, nothing else', () => {
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(good.length - 1), fc.nat(255), (end, at, byte) => {
        const bytes = good.slice();
        bytes[at] = byte;
        try {
          decodeProtobuf(bytes.subarray(0, end));
        } catch (error) {
          expect(error).toMatchObject({ name: 'ApiError', code: 400 });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
