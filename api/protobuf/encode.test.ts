import { describe, expect, test } from 'vitest';
import { decodeProtobuf } from './decode.ts';
import { encodePiece, enveloped, hasProtobuf, listPieces, watchFrame } from './encode.ts';

/** Bytes laid by hand from Kubernetes' published messages: hexadecimal, and texts in quotes. */
function bytes(...parts: readonly string[]): Buffer {
  const words = parts.join(' ').match(/"[^"]*"|[0-9a-f]{2}/g) ?? [];
  return Buffer.concat(
    words.map((word) => (word.startsWith('"') ? Buffer.from(word.slice(1, -1)) : Buffer.from(word, 'hex'))),
  );
}

describe('objects, byte for byte', () => {
  test.each([
    [
      'a ConfigMap: texts, maps of texts and of bytes',
      'v1',
      'ConfigMap',
      { metadata: { name: 'a', namespace: 'ns' }, data: { k: 'vé' }, binaryData: { b: '/wA=' }, immutable: false },
      ['0a 07  0a 01 "a"  1a 02 "ns"', '12 08  0a 01 "k" 12 03 "vé"', '1a 07  0a 01 "b" 12 02 ff 00', '20 00'],
    ],
    [
      'a Deployment: a zero that is a pointer, percentages and numbers',
      'apps/v1',
      'Deployment',
      {
        metadata: { name: 'web', generation: 300, creationTimestamp: '2023-11-14T22:13:20Z' },
        spec: { replicas: 0, strategy: { rollingUpdate: { maxUnavailable: '25%', maxSurge: 1 } } },
      },
      [
        '0a 12  0a 03 "web"  38 ac 02  42 08 08 80 e2 cf aa 06 10 00',
        '12 19  08 00  22 15  12 13  0a 09 08 01 10 00 1a 03 "25%"  12 06 08 00 10 01 1a 00',
      ],
    ],
    [
      'a Pod: embedded structs, quantities, ports',
      'v1',
      'Pod',
      {
        spec: {
          volumes: [{ name: 'c', configMap: { name: 'm', defaultMode: 420 } }],
          containers: [
            {
              name: 'x',
              resources: { limits: { cpu: '1' } },
              readinessProbe: { httpGet: { path: '/', port: 'web' }, periodSeconds: 5 },
            },
          ],
        },
      },
      [
        '12 3b',
        '0a 10  0a 01 "c"  12 0b  9a 01 08  0a 03 0a 01 "m"  18 a4 03',
        '12 27  0a 01 "x"  42 0c  0a 0a 0a 03 "cpu" 12 03 0a 01 "1"',
        '5a 14  0a 10  12 0e  0a 01 "/"  12 09 08 01 10 00 1a 03 "web" ',
        '20 05',
      ],
    ],
    [
      'negative numbers take ten bytes',
      'scheduling.k8s.io/v1',
      'PriorityClass',
      { value: -5, globalDefault: true },
      ['10 fb ff ff ff ff ff ff ff ff 01', '18 01'],
    ],
    [
      'a Lease: microseconds',
      'coordination.k8s.io/v1',
      'Lease',
      { spec: { holderIdentity: '', renewTime: '1970-01-01T00:00:01.000002Z' } },
      ['12 09  0a 00  22 05 08 01 10 d0 0f'],
    ],
    [
      'a ControllerRevision: JSON as bytes',
      'apps/v1',
      'ControllerRevision',
      { data: { a: 1 }, revision: 2 },
      ['12 09 0a 07 "{" 22 "a" 22 3a "1}"', '18 02'],
    ],
    [
      'a SubjectAccessReview: lists of texts in a map',
      'authorization.k8s.io/v1',
      'SubjectAccessReview',
      { spec: { user: 'ann', extra: { scopes: ['x', 'y'] } } },
      ['12 17  1a 03 "ann"  2a 10  0a 06 "scopes"  12 06 0a 01 "x" 0a 01 "y"'],
    ],
    [
      'a CustomResourceDefinition: choices',
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      {
        spec: {
          versions: [
            {
              schema: {
                openAPIV3Schema: {
                  items: { type: 'string' },
                  additionalProperties: true,
                  default: null,
                  maximum: 0.5,
                  'x-kubernetes-int-or-string': true,
                },
              },
            },
          ],
        },
      },
      [
        '12 2c 3a 2a 22 28 0a 26',
        '42 06 0a 04 "null"',
        '49 00 00 00 00 00 00 e0 3f',
        'c2 01 0a  0a 08  2a 06 "string"',
        'f2 01 02 08 01',
        'c0 02 01',
      ],
    ],
  ])('%s', (_, apiVersion, kind, object, expected) => {
    const type = { apiVersion, kind };
    const piece = encodePiece(type, object);
    expect(piece.toString('hex')).toBe(bytes(...expected).toString('hex'));
    expect(decodeProtobuf(enveloped(type, [piece]))).toEqual({ ...object, ...type });
  });
});

describe('what surrounds objects', () => {
  const type = { apiVersion: 'v1', kind: 'Secret' };
  const piece = encodePiece(type, { metadata: { name: 'a' } });

  test('the envelope', () => {
    const expected = bytes('"k8s" 00', '0a 0c  0a 02 "v1"  12 06 "Secret"', '12 05  0a 03 0a 01 "a"', '1a 00 22 00');
    expect(enveloped(type, [piece]).toString('hex')).toBe(expected.toString('hex'));
  });

  test('a list', () => {
    const list = { ...type, kind: 'SecretList' };
    const meta = { resourceVersion: '7', continue: 'c', remainingItemCount: 0 };
    const message = Buffer.concat(listPieces(list, meta, [piece, piece]));
    const expected = bytes('0a 08  12 01 "7"  1a 01 "c"  20 00', '12 05 0a 03 0a 01 "a"', '12 05 0a 03 0a 01 "a"');
    expect(message.toString('hex')).toBe(expected.toString('hex'));
    expect(decodeProtobuf(enveloped(list, [message]))).toMatchObject({ items: [{ metadata: { name: 'a' } }, {}] });
  });

  test('the lists of metadata have other numbers in v1beta1', () => {
    const listOf = (version: string) => ({ apiVersion: `meta.k8s.io/${version}`, kind: 'PartialObjectMetadataList' });
    const message = (version: string) =>
      Buffer.concat(listPieces(listOf(version), { resourceVersion: '7' }, [piece])).toString('hex');
    expect(message('v1')).toBe(bytes('0a 03 12 01 "7"', '12 05 0a 03 0a 01 "a"').toString('hex'));
    expect(message('v1beta1')).toBe(bytes('12 03 12 01 "7"', '0a 05 0a 03 0a 01 "a"').toString('hex'));
  });

  test('an event of a watch: a length, a bare WatchEvent, and the object in its envelope', () => {
    const object = enveloped(type, [piece]);
    const event = Buffer.concat([
      bytes('0a 05 "ADDED"  12'),
      Buffer.from([object.length + 2, 0x0a, object.length]),
      object,
    ]);
    const expected = Buffer.concat([Buffer.from([0, 0, 0, event.length]), event]);
    expect(watchFrame('ADDED', type, piece).toString('hex')).toBe(expected.toString('hex'));
  });

  test('a Status belongs to every version; what Kubernetes does not know has no message', () => {
    expect(hasProtobuf({ apiVersion: 'v1', kind: 'Status' })).toBe(true);
    expect(hasProtobuf({ apiVersion: 'stowage.dev/v1', kind: 'BandQuota' })).toBe(false);
    expect(() => encodePiece({ apiVersion: 'example.com/v1', kind: 'Widget' }, {})).toThrow(/no table/);
  });
});

test('objects larger than the writer, and texts beyond ASCII', () => {
  const type = { apiVersion: 'v1', kind: 'ConfigMap' };
  const data = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, 'ä€😀x'.repeat(at * 100)]));
  expect(decodeProtobuf(enveloped(type, [encodePiece(type, { data })]))).toEqual({ ...type, data });
});
