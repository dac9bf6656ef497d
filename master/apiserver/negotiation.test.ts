import { describe, expect, test } from 'vitest';
import { pods } from '../../api/core/pod.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { bandQuotas } from '../../api/stowage/band-quota.ts';
import { accepts, acceptsGzip, encodingFor, negotiate } from './negotiation.ts';

const TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

const ofPods = (accept: string | undefined) => ({ headers: { accept }, resource: pods });
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const partial = (type: string) => `${type};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;

describe('what a client gets to see', () => {
  const object = { encoding: 'json', form: { as: 'object' } };
  test.each([
    [undefined, object],
    ['', object],
    ['*/*', object],
    [`${PROTOBUF},application/json`, { encoding: 'protobuf', form: { as: 'object' } }],
    [`application/json,${PROTOBUF}`, object],
    ['application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io, application/*;q=0.8', object],
    ['application/yaml', { encoding: 'yaml', form: { as: 'object' } }],
    ['application/json;q=0.5, application/yaml', { encoding: 'yaml', form: { as: 'object' } }],
    [TABLE, { encoding: 'json', form: { as: 'table', version: 'v1' } }],
    [
      'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
      { encoding: 'json', form: { as: 'table', version: 'v1beta1' } },
    ],
    [
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      { encoding: 'json', form: { as: 'partial', version: 'v1' } },
    ],
    ['application/json;as=Gizmo;g=meta.k8s.io;v=v1, application/json', object],
  ])('%s', (header, expected) => {
    expect(negotiate(ofPods(header), 'many')).toEqual(expected);
  });

  test.each(['text/html', `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io`, 'application/json;q=0'])(
    '%s is refused',
    (header) => {
      expect.assertions(1);
      try {
        negotiate(ofPods(header), 'one');
      } catch (error) {
        expect(isApiError(error, 'NotAcceptable')).toBe(true);
      }
    },
  );

  test('a watch is never YAML', () => {
    expect(negotiate(ofPods('application/yaml, application/json'), 'watch')).toEqual(object);
    expect(() => negotiate(ofPods('application/yaml'), 'watch')).toThrow(/only the following media types/);
  });

  test('partial metadata of one object is not the list form', () => {
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    expect(() => negotiate(ofPods(accept), 'one')).toThrow();
  });

  test('kinds that Kubernetes has no messages of are JSON, though their metadata may be protobuf', () => {
    const ofQuotas = (accept: string) => ({ headers: { accept }, resource: bandQuotas });
    expect(negotiate(ofQuotas(`${PROTOBUF}, application/json`), 'one')).toEqual(object);
    expect(() => negotiate(ofQuotas(PROTOBUF), 'one')).toThrow(/accepted: application\/json, application\/yaml$/);
    const metadata = { encoding: 'protobuf', form: { as: 'partial', version: 'v1' } };
    expect(negotiate(ofQuotas(`${partial(PROTOBUF)},application/json`), 'watch')).toEqual(metadata);
    const ofCustom = { headers: { accept: `${PROTOBUF}, application/json` }, resource: { ...pods, custom: true } };
    expect(negotiate(ofCustom, 'one')).toEqual(object);
  });

  test('a Status comes in the first encoding that is known, else in JSON', () => {
    const headers = [undefined, `${PROTOBUF},application/json`, `${partial(PROTOBUF)}`, '*/*', 'text/html'];
    expect(headers.map(encodingFor)).toEqual(['json', 'protobuf', 'protobuf', 'json', 'json']);
  });

  test('gzip', () => {
    const headers = [undefined, 'gzip', 'deflate, gzip;q=1.0', 'gzip;q=0', 'br', '*'];
    expect(headers.map(acceptsGzip)).toEqual([false, true, true, false, false, true]);
  });

  test('plain types', () => {
    expect(accepts('text/plain, application/json', 'application/json')).toBe(true);
    expect(accepts('text/plain', 'application/json')).toBe(false);
    expect(accepts(undefined, 'application/json')).toBe(true);
  });
});
