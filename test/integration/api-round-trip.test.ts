import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { decode } from '../../api/meta/decode.ts';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { JsonObject } from '../../api/meta/json.ts';
import { metaOf } from '../../api/meta/object.ts';
import { PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import { encodePiece, enveloped, hasProtobuf } from '../../api/protobuf/encode.ts';
import { seededRng } from '../../platform/rng.ts';
import { eventually } from '../eventually.ts';
import type { Target } from '../fuzz/attack.ts';
import { minimal, randomObject } from '../fuzz/objects.ts';
import { collectionOf } from '../fuzz/paths.ts';
import { beforehand, TARGETS } from '../fuzz/scenery.ts';
import { masterProcess } from '../fuzz/target.ts';
import type { RawAnswer, RawApi } from '../raw-api.ts';

/** Objects of every kind go in, in every form, and come out as they are kept. */

let target: Target;
let api: RawApi;
beforeAll(async () => {
  target = await masterProcess('--controllers', 'none', '--no-scheduler');
  api = target.api;
});
afterAll(() => target?.stop());

const RANDOM_OBJECTS = 6;
const kept = TARGETS.filter(({ stored, verbs }) => stored !== false && (verbs ?? ['create']).includes('create'));

/** The bytes of an object in a form that the API reads. */
const FORMS: Readonly<Record<string, (resource: ResourceDefinition, object: object) => Buffer>> = {
  'application/json': (_, object) => Buffer.from(JSON.stringify(object)),
  'application/yaml': (_, object) => Buffer.from(stringify(object)),
  [PROTOBUF_TYPE]: ({ group, version, plural, kind }, object) => {
    const type = { apiVersion: apiVersionOf({ group, version, plural, kind }), kind };
    return enveloped(type, [encodePiece(type, object)]);
  },
};

const takes = (resource: ResourceDefinition, form: string): boolean =>
  form !== PROTOBUF_TYPE || hasProtobuf({ apiVersion: apiVersionOf(resource), kind: resource.kind });

/** Removes it, with whatever holds it. */
async function remove(resource: ResourceDefinition, name: string): Promise<void> {
  const path = `${collectionOf(resource)}/${name}`;
  await api.send('DELETE', `${path}?gracePeriodSeconds=0`);
  if ((await api.get(path)).code === 404) return;
  await api.patch(path, 'application/merge-patch+json', { metadata: { finalizers: null } });
  if (resource.plural === 'namespaces') await api.put(`${path}/finalize`, { metadata: { name }, spec: {} });
  expect((await api.get(path)).code).toBe(404);
}

async function post(resource: ResourceDefinition, form: string, object: object): Promise<RawAnswer> {
  const body = FORMS[form]!(resource, object);
  return api.send('POST', collectionOf(resource), { body, headers: { 'content-type': form, 'user-agent': 'tester' } });
}

/** Times of this year: those of this test are among them. */
const TIMES = new RegExp(`"${new Date().getUTCFullYear()}-[^"]*T[^"]*Z"`, 'g');
/** The end of a name that is drawn anew for each pod: that of the volume of its account's token. */
const DRAWN = /(?<="kube-api-access-)\w+/g;

/** What does not differ between two objects made alike. */
function lasting(object: JsonObject): JsonObject {
  const own = String((object.metadata as JsonObject).uid);
  const { metadata, ...rest } = JSON.parse(
    JSON.stringify(object).replaceAll(own, 'UID').replace(TIMES, '""').replace(DRAWN, ''),
  ) as JsonObject;
  const { uid, resourceVersion, creationTimestamp, managedFields, ...named } = metadata as JsonObject;
  const accounts = (managedFields as JsonObject[] | undefined)?.map(({ time, ...account }) => account);
  return { ...rest, metadata: { ...named, managedFields: accounts } };
}

/**
 * Into these the cell puts more than defaults: a pod's account and tolerations, a claim's class, who asks for a certificate, what became
 * of a definition.
 */
const ADDED_TO = ['pods', 'persistentvolumeclaims', 'certificatesigningrequests', 'customresourcedefinitions'];

/** As a creation fills it in. */
function withDefaults(resource: ResourceDefinition, object: JsonObject, uid: string): JsonObject {
  const read = resource.decode ?? ((value: unknown) => decode(resource, value));
  const decoded = read(structuredClone(object)).object;
  metaOf(decoded).uid = uid;
  if (resource.hasStatus && !resource.statusOnCreate) delete (decoded as JsonObject).status;
  resource.prepareForCreate?.(decoded);
  resource.setDefaults(decoded);
  return JSON.parse(JSON.stringify(decoded)) as JsonObject;
}

const isDefinition = ({ plural }: ResourceDefinition): boolean => plural === 'customresourcedefinitions';

/** What there is, once the one controller that cannot be left out is done with it. */
function atRest(resource: ResourceDefinition, path: string): Promise<JsonObject> {
  return eventually(`${path} to be at rest`, async () => {
    const found = (await api.get(path)).json<JsonObject & { status?: { conditions?: { type: string }[] } }>();
    const done = !isDefinition(resource) || found.status?.conditions?.some(({ type }) => type === 'Established');
    return done ? found : undefined;
  });
}

async function goesRound(resource: ResourceDefinition, object: JsonObject, made: RawAnswer): Promise<JsonObject> {
  const name = String((object.metadata as JsonObject).name);
  const path = `${collectionOf(resource)}/${name}`;
  const got = await atRest(resource, path);
  if (!isDefinition(resource)) expect(got).toEqual(made.json());
  if (!ADDED_TO.includes(resource.plural)) {
    const { metadata: _, ...expected } = withDefaults(resource, object, String((got.metadata as JsonObject).uid));
    const { metadata: __, ...found } = got;
    expect(found).toEqual(expected);
  }
  const put = await api.put(path, got);
  expect(put.code, put.text).toBe(200);
  expect(put.json()).toEqual(got);
  return got;
}

describe.each(kept.map((resource) => [`${apiVersionOf(resource)} ${resource.kind}`, resource] as const))(
  '%s',
  (_, resource) => {
    beforeAll(async () => {
      for (const { path, body, headers } of beforehand(resource)) await api.send('POST', path, { body, headers });
      await eventually('the kind to be served', async () => (await api.get(collectionOf(resource))).code === 200);
      // The cell makes some objects itself.
      await remove(resource, String((minimal(resource).metadata as JsonObject).name));
    });

    test('is the same object in every form, and stays as it is when it is put back', async () => {
      const object = minimal(resource);
      const seen: JsonObject[] = [];
      for (const form of Object.keys(FORMS).filter((each) => takes(resource, each))) {
        const made = await post(resource, form, object);
        expect(made.code, made.text).toBe(201);
        seen.push(lasting(await goesRound(resource, object, made)));
        await remove(resource, String((object.metadata as JsonObject).name));
      }
      for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
    });

    test('with whatever fields, as far as it is taken', async () => {
      for (let seed = 0; seed < RANDOM_OBJECTS; seed += 1) {
        const object = randomObject(resource, seededRng(seed));
        const made = await post(resource, 'application/json', object);
        if (made.code === 201) await goesRound(resource, object, made);
        else expect([400, 403, 422]).toContain(made.code);
        if (made.code === 201) await remove(resource, String((object.metadata as JsonObject).name));
      }
    });
  },
);
