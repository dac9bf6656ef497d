import { expect, test } from 'vitest';
import { pods } from '../../../api/core/pod.ts';
import { parseRequest, type ResourceRequest } from '../request.ts';
import { widthOf } from './width.ts';

test.each([
  ['GET', '/api/v1/namespaces/a/pods/b', 1],
  ['POST', '/api/v1/namespaces/a/pods', 1],
  ['GET', '/api/v1/pods', 10],
  ['GET', '/api/v1/pods?limit=500', 5],
  ['GET', '/api/v1/pods?limit=20', 1],
  ['GET', '/api/v1/pods?limit=20&labelSelector=a', 10],
  ['GET', '/api/v1/pods?limit=nonsense', 10],
  ['DELETE', '/api/v1/namespaces/a/pods', 10],
  ['GET', '/api/v1/pods?watch=1', 10],
  ['GET', '/api/v1/pods?watch=1&resourceVersion=0', 10],
  ['GET', '/api/v1/pods?watch=1&resourceVersion=7&sendInitialEvents=true', 10],
  ['GET', '/api/v1/pods?watch=1&resourceVersion=7', 1],
])('of %s %s among 2,000 objects: %i', (method, url, width) => {
  const [path = '', text = ''] = url.split('?');
  const query = new URLSearchParams(text);
  const target = parseRequest(method, path, query) as ResourceRequest;
  expect(widthOf({ count: () => 2_000 }, { target, resource: pods, query })).toBe(width);
  expect(widthOf({ count: () => 0 }, { target, resource: pods, query })).toBe(1);
});
