import { describe, expect, test } from 'vitest';
import { isApiError } from '../../api/meta/errors.ts';
import { accepts, acceptsGzip, negotiate } from './negotiation.ts';

const TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

describe('what a client gets to see', () => {
  const object = { encoding: 'json', form: { as: 'object' } };
  test.each([
    [undefined, object],
    ['', object],
    ['*/*', object],
    ['application/vnd.kubernetes.protobuf,application/json', object],
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
    expect(negotiate(header, 'many')).toEqual(expected);
  });

  test.each(['text/html', 'application/vnd.kubernetes.protobuf', 'application/json;q=0'])('%s is refused', (header) => {
    expect.assertions(1);
    try {
      negotiate(header, 'one');
    } catch (error) {
      expect(isApiError(error, 'NotAcceptable')).toBe(true);
    }
  });

  test('a watch is never YAML', () => {
    expect(negotiate('application/yaml, application/json', 'watch')).toEqual(object);
    expect(() => negotiate('application/yaml', 'watch')).toThrow(/only the following media types/);
  });

  test('partial metadata of one object is not the list form', () => {
    expect(() => negotiate('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'one')).toThrow();
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
