import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isApiError } from '../../api/meta/errors.ts';
import { isTrue, parseRequest } from './request.ts';

const parse = (line: string) => {
  const [method = '', url = ''] = line.split(' ');
  const [path = '', query = ''] = url.split('?');
  return parseRequest(method, path, new URLSearchParams(query));
};

describe('the grammar of requests', () => {
  const resource = (verb: string, plural: string, rest: object = {}, group = '', version = 'v1') => ({
    type: 'resource',
    verb,
    group,
    version,
    plural,
    ...rest,
  });
  const cases: [string, object][] = [
    ['GET /api/v1/pods', resource('list', 'pods')],
    ['GET /api/v1/namespaces/a/pods', resource('list', 'pods', { namespace: 'a' })],
    ['GET /api/v1/namespaces/a/pods?watch=true', resource('watch', 'pods', { namespace: 'a' })],
    ['GET /api/v1/namespaces/a/pods?watch=false', resource('list', 'pods', { namespace: 'a' })],
    ['GET /api/v1/watch/namespaces/a/pods', resource('watch', 'pods', { namespace: 'a' })],
    ['GET /api/v1/namespaces/a/pods/b', resource('get', 'pods', { namespace: 'a', name: 'b' })],
    ['HEAD /api/v1/namespaces/a/pods?watch=true', resource('list', 'pods', { namespace: 'a' })],
    ['HEAD /api/v1/namespaces/a/pods/b', resource('get', 'pods', { namespace: 'a', name: 'b' })],
    ['POST /api/v1/namespaces/a/pods', resource('create', 'pods', { namespace: 'a' })],
    ['DELETE /api/v1/namespaces/a/pods', resource('deletecollection', 'pods', { namespace: 'a' })],
    ['DELETE /api/v1/namespaces/a/pods/b', resource('delete', 'pods', { namespace: 'a', name: 'b' })],
    [
      'GET /api/v1/namespaces/a/pods/b/log?follow=true',
      resource('get', 'pods', { namespace: 'a', name: 'b', subresource: 'log' }),
    ],
    ['GET /api/v1/namespaces', resource('list', 'namespaces')],
    ['GET /api/v1/namespaces/a', resource('get', 'namespaces', { name: 'a' })],
    ['PUT /api/v1/namespaces/a/finalize', resource('update', 'namespaces', { name: 'a', subresource: 'finalize' })],
    ['PATCH /api/v1/namespaces/a/status', resource('patch', 'namespaces', { name: 'a', subresource: 'status' })],
    ['GET /api/v1/nodes/n%2F1', resource('get', 'nodes', { name: 'n/1' })],
    [
      'PATCH /apis/apps/v1/namespaces/a/deployments/b/scale',
      resource('patch', 'deployments', { namespace: 'a', name: 'b', subresource: 'scale' }, 'apps'),
    ],
    ['GET /', { type: 'root' }],
    ['GET /api', { type: 'discovery', level: 'legacy' }],
    ['GET /apis', { type: 'discovery', level: 'groups' }],
    ['GET /apis/apps', { type: 'discovery', level: 'group', group: 'apps' }],
    ['GET /apis/apps/v1/', { type: 'discovery', level: 'version', group: 'apps', version: 'v1' }],
    ['GET /api/v1', { type: 'discovery', level: 'version', group: '', version: 'v1' }],
    ['GET /openapi/v2', { type: 'openapi', version: 'v2' }],
    ['GET /openapi/v3', { type: 'openapi', version: 'v3' }],
    ['GET /openapi/v3/apis/apps/v1', { type: 'openapi', version: 'v3', path: 'apis/apps/v1' }],
    ['GET /readyz/store', { type: 'health', endpoint: 'readyz', check: 'store' }],
    ['GET /metrics', { type: 'metrics' }],
    ['GET /version', { type: 'version' }],
    ['GET /api/v1/namespaces/a/namespaces/b', { type: 'unknown' }],
    ['GET /api/v1/namespaces/a/pods/b/log/more', { type: 'unknown' }],
    ['OPTIONS /api/v1/pods', { type: 'unknown' }],
    ['GET /favicon.ico', { type: 'unknown' }],
  ];
  test.each(cases)('%s', (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  test('a broken escape is the fault of the client', () => {
    expect(() => parse('GET /api/v1/nodes/%zz')).toThrow(/percent-escape: "%zz"/);
  });

  test('no path makes it fail in another way', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'), (path, method) => {
        try {
          expect(parseRequest(method, path, new URLSearchParams()).type).toBeTypeOf('string');
        } catch (error) {
          expect(isApiError(error, 'BadRequest')).toBe(true);
        }
      }),
    );
  });

  test('names survive escaping', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        const info = parseRequest('GET', `/api/v1/nodes/${encodeURIComponent(name)}`, new URLSearchParams());
        expect(info).toMatchObject({ verb: 'get', name });
      }),
    );
  });

  test('booleans in the query', () => {
    expect([null, 'false', '0', 'true', '1', ''].map(isTrue)).toEqual([false, false, false, true, true, true]);
  });
});
