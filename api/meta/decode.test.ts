import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certificateSigningRequests } from '../certificates/certificate-signing-request.ts';
import { decode, decodeWith } from './decode.ts';
import { crates } from './sample.suite.ts';
import { int64, list, optional, string, struct } from './schema.ts';

const fault = (value: unknown) => {
  try {
    decode(crates, value);
  } catch (error) {
    return error as { code: number; message: string };
  }
  throw new Error('decoded without a fault');
};

describe('decode', () => {
  test('sets type and metadata, copies, leaves out nulls', () => {
    const body = { metadata: { name: 'a', labels: { x: 'y' }, creationTimestamp: null }, spec: null };
    const { object, unknown } = decode(crates, body);
    expect(object).toEqual({ apiVersion: 'v1', kind: 'Crate', metadata: { name: 'a', labels: { x: 'y' } } });
    expect(object.metadata?.labels).not.toBe(body.metadata.labels);
    expect(unknown).toEqual([]);
    expect(decode(crates, {}).object.metadata).toEqual({});
  });

  test('makes scalars canonical', () => {
    const spec = {
      parts: [{ name: 'a', limits: { cpu: 0.5, memory: '1024Mi' } }],
      since: '2026-01-02T03:04:05.999+02:00',
      seen: '2026-01-02T03:04:05.1234567Z',
      limit: '25%',
      secrets: { k: 'aGV5\n' },
    };
    expect(decode(crates, { spec }).object.spec).toEqual({
      parts: [{ name: 'a', limits: { cpu: '500m', memory: '1Gi' } }],
      since: '2026-01-02T01:04:05Z',
      seen: '2026-01-02T03:04:05.123456Z',
      limit: '25%',
      secrets: { k: 'aGV5' },
    });
  });

  test('reports and prunes unknown fields, at most 100', () => {
    const { object, unknown } = decode(crates, {
      spec: { replicsa: 1, parts: [{ name: 'a', imagee: 'x' }] },
      colour: 1,
    });
    expect(unknown).toEqual(['spec.replicsa', 'spec.parts[0].imagee', 'colour']);
    expect(object.spec).toEqual({ parts: [{ name: 'a' }] });
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 1]));
    expect(decode(crates, many).unknown).toHaveLength(100);
  });

  test('enum violations are unsupported values, kept in place', () => {
    const { object, unsupported } = decode(crates, { spec: { mode: 'Ajar' } });
    expect(object.spec?.mode).toBe('Ajar');
    expect(unsupported).toEqual([
      {
        type: 'FieldValueNotSupported',
        path: 'spec.mode',
        message: 'Unsupported value: "Ajar": supported values: "Open", "Closed"',
      },
    ]);
  });

  test('empty text of a closed set is absent, so that defaults apply', () => {
    expect(decode(crates, { spec: { mode: '', parts: [{ ports: [{ protocol: '' }] }] } })).toMatchObject({
      object: { spec: { parts: [{ name: '', ports: [{ containerPort: 0 }] }] } },
      unsupported: [],
    });
    expect(decode(crates, { spec: { mode: '' } }).object.spec).toEqual({});
  });

  test('no value in a list of a closed set is none of the set', () => {
    const manifest = {
      metadata: { name: 'a' },
      spec: { request: 'eA==', signerName: 'a.b/c', usages: [null, '', 'any'] },
    };
    expect(decode(certificateSigningRequests, manifest).unsupported).toMatchObject([
      { path: 'spec.usages[0]', message: expect.stringMatching(/^Unsupported value: "": /) },
      { path: 'spec.usages[1]' },
    ]);
  });

  test('absent required fields and nulls in lists and maps get zero values', () => {
    const { object } = decode(crates, {
      metadata: { labels: { a: null } },
      spec: { parts: [{ ports: [{}] }], tags: [null] },
    });
    expect(object.metadata?.labels).toEqual({ a: '' });
    expect(object.spec).toEqual({ parts: [{ name: '', ports: [{ containerPort: 0 }] }], tags: [''] });
  });

  test.each([
    [
      { spec: { replicas: '3' } },
      'json: cannot unmarshal string into Go struct field CrateSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field CrateSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 3e9 } },
      'json: cannot unmarshal number 3000000000 into Go struct field CrateSpec.spec.replicas of type int32',
    ],
    [
      { spec: { parts: {} } },
      'json: cannot unmarshal object into Go struct field CrateSpec.spec.parts of type []v1.CratePart',
    ],
    [
      { spec: { parts: [1] } },
      'json: cannot unmarshal number into Go struct field CrateSpec.spec.parts[0] of type v1.CratePart',
    ],
    [
      { spec: { paused: 'yes' } },
      'json: cannot unmarshal string into Go struct field CrateSpec.spec.paused of type bool',
    ],
    [
      { metadata: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels.a of type string',
    ],
    [[], 'json: cannot unmarshal array into Go value of type v1.Crate'],
    ['x', 'json: cannot unmarshal string into Go value of type v1.Crate'],
  ])('refuses %j', (value, message) => {
    expect(fault(value)).toMatchObject({
      code: 400,
      message: `Crate in version "v1" cannot be handled as a Crate: ${message}`,
    });
  });

  test.each([
    [{ spec: { since: 'today' } }, /parsing time.*spec.since.*"today"/],
    [{ spec: { since: '2026-02-30T00:00:00Z' } }, /parsing time/],
    [{ spec: { since: '9999-12-31T23:59:59-01:00' } }, /parsing time/],
    [{ spec: { parts: [{ limits: { cpu: 'lots' } }] } }, /quantities must match.*spec.parts\[0\].limits.cpu/],
    [{ spec: { secrets: { a: 'a b' } } }, /illegal base64.*spec.secrets.a/],
    [
      { apiVersion: 'apps/v1' },
      /the API version in the data \(apps\/v1\) does not match the expected API version \(v1\)/,
    ],
    [{ apiVersion: 'v1', kind: 'Pod' }, /Pod in version "v1" cannot be handled as a Crate/],
  ])('explains what is wrong with %j', (value, message) => {
    expect(fault(value)).toMatchObject({ code: 400, message: expect.stringMatching(message) });
  });

  test('hostile keys stay data; deep values are refused, not overflowed', () => {
    const body = JSON.parse(
      '{"metadata":{"labels":{"__proto__":"x"}},"spec":{"extra":{"__proto__":{"polluted":true}}}}',
    );
    const { object } = decode(crates, body);
    expect(JSON.stringify(object.metadata?.labels)).toBe('{"__proto__":"x"}');
    expect(JSON.stringify(object.spec?.extra)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(fault({ spec: { extra: deep } }).message).toMatch(/nested more than 200 levels/);
    expect(decode(crates, { spec: { nonsense: deep } }).unknown).toEqual(['spec.nonsense']);
  });

  test('decoding is idempotent and never throws anything but ApiError', () => {
    fc.assert(
      fc.property(
        fc.record({
          metadata: fc.jsonValue(),
          spec: fc.dictionary(fc.constantFrom('replicas', 'tags', 'extra', 'limit', 'parts'), fc.jsonValue()),
        }),
        (value) => {
          let once: unknown;
          try {
            once = decode(crates, value).object;
          } catch (error) {
            expect(error).toMatchObject({ name: 'ApiError', code: 400 });
            return;
          }
          expect(decode(crates, once).object).toEqual(once);
        },
      ),
    );
  });
});

test('decodeWith takes any schema', () => {
  const schema = struct('io.k8s.Options', 'Options.', {
    seconds: optional(int64('Seconds.')),
    dryRun: optional(list(string('Stage.'), 'Stages.')),
  });
  const { object, unknown } = decodeWith(schema, { seconds: 2, dryRun: ['All'], other: 1 }, 'DeleteOptions');
  expect(object).toEqual({ seconds: 2, dryRun: ['All'] });
  // An empty list or map is the same as none, but for a field that must be there.
  expect(decodeWith(schema, { dryRun: [] }, 'DeleteOptions').object).toEqual({});
  expect(unknown).toEqual(['other']);
  expect(() => decodeWith(schema, { seconds: 'x' }, 'DeleteOptions')).toThrow(
    'DeleteOptions cannot be handled: json: cannot unmarshal string into Go struct field Options.seconds of type int64',
  );
});
