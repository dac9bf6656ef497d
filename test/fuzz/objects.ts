import fc from 'fast-check';
import { arbitraryOf } from '../../api/arbitrary.suite.ts';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import { isJsonObject, type JsonObject } from '../../api/meta/json.ts';
import { MINIMAL } from '../../api/sample.suite.ts';
import type { Rng } from '../../platform/rng.ts';

/** A memo of a pure function. */
const arbitraries = new Map<ResourceDefinition, fc.Arbitrary<object>>();

export const NAMESPACE = 'default';

const webhook = {
  ...{ name: 'a.example.com', failurePolicy: 'Ignore', sideEffects: 'None', admissionReviewVersions: ['v1'] },
  // Nobody listens there.
  clientConfig: { url: 'https://127.0.0.1:1/review' },
  timeoutSeconds: 1,
  rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }],
  matchConditions: [{ name: 'some', expression: 'request.kind.kind != "Lease"' }],
  namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] },
};

/** Starts that lead further than the least there is. */
const STARTS: Readonly<Record<string, object>> = {
  MutatingWebhookConfiguration: { metadata: { name: 'defaults' }, webhooks: [webhook] },
  ValidatingWebhookConfiguration: { metadata: { name: 'checks' }, webhooks: [webhook] },
  Barrel: {
    metadata: { name: 'barrel' },
    spec: {
      ...{
        wood: 'ash',
        mark: 'aaa',
        made: '2026-01-01T00:00:00Z',
        size: 10,
        share: 0.5,
        port: 'http',
        tags: ['a', 'b'],
      },
      ...{ rings: [{ name: 'top' }], labels: { a: 'b' }, rest: { a: [{}] }, inner: { apiVersion: 'v1', kind: 'Pod' } },
    },
  },
};

/** The least of its kind, under the name that the kind allows. */
export function minimal(resource: ResourceDefinition): JsonObject {
  const manifest = STARTS[resource.kind] ??
    MINIMAL[`${resource.kind}.${resource.group}`] ??
    MINIMAL[resource.kind] ?? { metadata: { name: 'a' } };
  const object = structuredClone(manifest) as JsonObject & { metadata: JsonObject };
  if (resource.namespaced) object.metadata.namespace = NAMESPACE;
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

/** An object of a kind that its schema allows: the least there is, with what chance adds to it. */
export function randomObject(resource: ResourceDefinition, rng: Rng): JsonObject {
  const base = minimal(resource);
  if (rng.int(3) === 0) return base;
  const arbitrary = arbitraries.get(resource) ?? arbitraryOf(resource.schema);
  arbitraries.set(resource, arbitrary);
  const [drawn] = fc.sample(arbitrary, { seed: rng.int(2 ** 31), numRuns: 1 });
  const { status, apiVersion, kind, metadata, ...rest } = drawn as JsonObject;
  const { labels, annotations } = (metadata ?? {}) as JsonObject;
  const named = { ...(base.metadata as JsonObject), ...(rng.int(4) === 0 && { labels, annotations }) };
  if (rng.int(2) === 0) return { ...base, metadata: named, ...(rng.int(2) === 0 && { status }), ...rest };
  return mixed({ ...base, metadata: named }, rest, rng) as JsonObject;
}

/** `base` with some of the fields that it does not have. */
function mixed(base: unknown, added: unknown, rng: Rng): unknown {
  if (!isJsonObject(base) || !isJsonObject(added)) return base;
  const result = { ...base };
  for (const key of Object.keys(added)) {
    if (key === '__proto__') continue;
    if (Object.hasOwn(base, key)) result[key] = mixed(base[key], added[key], rng);
    else if (rng.int(3) > 0) result[key] = added[key];
  }
  return result;
}
