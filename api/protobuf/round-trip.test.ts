import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryOf } from '../arbitrary.suite.ts';
import { TokenRequestSchema } from '../authentication/token-request.ts';
import { ScaleSchema } from '../autoscaling/scale.ts';
import { decode, decodeWith } from '../meta/decode.ts';
import { apiVersionOf } from '../meta/definition.ts';
import { DeleteOptionsSchema, StatusSchema } from '../meta/envelopes.ts';
import type { TSchema } from '../meta/schema.ts';
import { EvictionSchema } from '../policy/eviction.ts';
import { resources } from '../registry.ts';
import { decodeProtobuf } from './decode.ts';
import { encodePiece, enveloped, hasProtobuf, type Typed } from './encode.ts';

const encoded = (type: Typed, object: object) => enveloped(type, [encodePiece(type, object)]);

/** Fields that messages have no room for. */
const LOST: Readonly<Record<string, readonly string[]>> = {
  volumeClaimTemplates: ['apiVersion', 'kind'],
  deleteOptions: ['apiVersion', 'kind'],
  nodeAllocatableResourceClaimStatuses: ['resources'],
};

/** Without zero values and empty lists: in Go, where the field is no pointer, these are the same as none. */
function comparable(value: unknown, holder = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => comparable(item, holder));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => !LOST[holder]?.includes(key) && !isZero(item));
  return Object.fromEntries(kept.map(([key, item]) => [key, comparable(item, key)]));
}

const isZero = (value: unknown): boolean =>
  value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);

/** What can be encoded of a kind, and how JSON becomes an object of it. */
interface Body extends Typed {
  readonly schema: TSchema;
  read(value: unknown): object;
}

const bodyOf = (apiVersion: string, kind: string, schema: TSchema): Body => ({
  ...{ apiVersion, kind, schema },
  read: (value) => decodeWith(schema, value, kind).object as object,
});

const bodies: readonly Body[] = [
  ...resources
    .map((resource) => ({
      ...{ apiVersion: apiVersionOf(resource), kind: resource.kind, schema: resource.schema },
      read: (value: unknown) =>
        decode(resource, { ...(value as object), apiVersion: undefined, kind: undefined }).object,
    }))
    .filter(hasProtobuf),
  bodyOf('v1', 'DeleteOptions', DeleteOptionsSchema),
  bodyOf('v1', 'Status', StatusSchema),
  bodyOf('policy/v1', 'Eviction', EvictionSchema),
  bodyOf('autoscaling/v1', 'Scale', ScaleSchema),
  bodyOf('authentication.k8s.io/v1', 'TokenRequest', TokenRequestSchema),
];

describe('whatever is written is read again', () => {
  test.each(bodies.map((body) => [`${body.apiVersion} ${body.kind}`, body] as const))('%s', (_, body) => {
    const { apiVersion, kind } = body;
    fc.assert(
      fc.property(arbitraryOf(body.schema), (value) => {
        // Lengths of time are texts in the schema, of which most are no lengths of time.
        const object = { ...body.read('window' in value ? { ...value, window: '1m30s' } : value), apiVersion, kind };
        const back = { ...body.read(decodeProtobuf(encoded(body, object))), apiVersion, kind };
        expect(comparable(back)).toEqual(comparable(object));
        // Zeros that mean nothing are gone now: nothing more may change.
        expect(decodeProtobuf(encoded(body, back))).toEqual(decodeProtobuf(encoded(body, object)));
      }),
      { numRuns: 50 },
    );
  });

  test('cut or flipped anywhere, a body is read or is a 400, nothing else', () => {
    const pods = bodies.find(({ kind }) => kind === 'Pod')!;
    const arbitrary = fc.tuple(arbitraryOf(pods.schema), fc.nat(), fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(arbitrary, ([value, end, at, byte]) => {
        const bytes = Buffer.from(encoded(pods, pods.read(value)));
        bytes[20 + (at % bytes.length)] = byte;
        try {
          decodeProtobuf(bytes.subarray(0, end % 2 ? bytes.length : end % bytes.length));
        } catch (error) {
          expect(error).toMatchObject({ name: 'ApiError', code: 400 });
        }
      }),
      { numRuns: 500 },
    );
  });
});
