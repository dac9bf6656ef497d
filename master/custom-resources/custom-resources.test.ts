import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { startTestServer, type TestServer, WatchReader } from '../apiserver/server.fixture.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CRON_TABS = '/apis/stable.example.com/v1/namespaces/default/crontabs';
const NAME = 'crontabs.stable.example.com';

/** The example of Kubernetes' documentation in our own shape. */
const cronTabs = (overrides: object = {}, version: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: NAME },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['image'],
                properties: {
                  cronSpec: {
                    type: 'string',
                    pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$',
                    default: '5 0 * * *',
                  },
                  image: { type: 'string' },
                  replicas: { type: 'integer', minimum: 1, maximum: 10, default: 1 },
                  note: { type: 'string', nullable: true },
                },
              },
              status: {
                type: 'object',
                properties: { replicas: { type: 'integer' }, labelSelector: { type: 'string' } },
              },
            },
          },
        },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.labelSelector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        selectableFields: [{ jsonPath: '.spec.image' }],
        ...version,
      },
    ],
    ...overrides,
  },
});

const cronTab = (name: string, spec: object = { image: 'cron' }) => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name },
  spec,
});

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  await server.stop();
});

/** Waits for what the assertions say. */
const until = (assertions: () => Promise<void>) =>
  eventually(
    'the assertions to hold',
    async () => {
      await assertions();
      return true;
    },
    5_000,
  );

async function define(definition: object = cronTabs()): Promise<void> {
  const created = await server.send(`POST ${DEFINITIONS}`, { body: definition });
  expect(created.text && created.code, created.text).toBe(201);
  await until(async () => {
    const { json } = await server.send(`GET ${DEFINITIONS}/${NAME}`);
    expect(json.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
  });
}

describe('a custom resource', () => {
  beforeEach(() => define());

  test('is discovered, made with defaults, pruned, printed, selected and deleted', async () => {
    const discovered = await server.send('GET /apis/stable.example.com/v1');
    expect(discovered.json.resources.map(({ name }: { name: string }) => name)).toEqual([
      'crontabs',
      'crontabs/scale',
      'crontabs/status',
    ]);
    const made = await server.send(`POST ${CRON_TABS}`, { body: cronTab('a', { image: 'cron', note: null, odd: 1 }) });
    expect(made.code, made.text).toBe(201);
    expect(made.json.spec).toEqual({ image: 'cron', note: null, cronSpec: '5 0 * * *', replicas: 1 });
    expect(made.json.metadata.generation).toBe(1);
    expect(made.headers.warning).toContain('unknown field \\"spec.odd\\"');
    await server.send(`POST ${CRON_TABS}`, { body: cronTab('b', { image: 'other' }) });
    const table = await server.send(`GET ${CRON_TABS}`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(table.json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'Spec',
      'Replicas',
      'Age',
    ]);
    expect(table.json.rows[0].cells.slice(0, 3)).toEqual(['a', '5 0 * * *', 1]);
    const selected = await server.send(`GET ${CRON_TABS}?fieldSelector=spec.image%3Dother`);
    expect(selected.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['b']);
    expect((await server.send(`DELETE ${CRON_TABS}/a`)).code).toBe(200);
    expect((await server.send(`GET ${CRON_TABS}/a`)).code).toBe(404);
  });

  test('is refused in the words of Kubernetes', async () => {
    const bad = await server.send(`POST ${CRON_TABS}`, {
      body: cronTab('bad', { cronSpec: '* * * *', image: 'x', replicas: 15 }),
    });
    expect(bad.code).toBe(422);
    expect(bad.json.details.causes.map(({ field, message }: Record<string, string>) => `${field}: ${message}`)).toEqual(
      [
        `spec.cronSpec: Invalid value: "* * * *": spec.cronSpec in body should match '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$'`,
        'spec.replicas: Invalid value: 15: spec.replicas in body should be less than or equal to 10',
      ],
    );
    const strict = await server.send(`POST ${CRON_TABS}?fieldValidation=Strict`, {
      body: cronTab('bad', { image: 'x', odd: 1 }),
    });
    expect(strict.code).toBe(400);
    expect(strict.json.message).toContain('strict decoding error: unknown field "spec.odd"');
    const wrong = await server.send(`POST ${CRON_TABS}`, { body: cronTab('bad', { image: 3 }) });
    expect(wrong.json.message).toContain(
      'spec.image: Invalid value: "integer": spec.image in body must be of type string: "integer"',
    );
    expect((await server.send(`POST ${CRON_TABS}`, { body: cronTab('bad', {}) })).json.message).toContain(
      'spec.image: Required value',
    );
  });

  test('is patched by merge and JSON patch, not by strategic merge', async () => {
    await server.send(`POST ${CRON_TABS}`, { body: cronTab('a') });
    const patch = (type: string, body: unknown) =>
      server.send(`PATCH ${CRON_TABS}/a`, { body, headers: { 'content-type': `application/${type}+json` } });
    const merged = await patch('merge-patch', { spec: { replicas: 3, cronSpec: null } });
    expect(merged.code, merged.text).toBe(200);
    expect(merged.json.spec).toEqual({ image: 'cron', cronSpec: '5 0 * * *', replicas: 3 });
    expect(merged.json.metadata.generation).toBe(2);
    const json = await patch('json-patch', [{ op: 'replace', path: '/spec/replicas', value: 4 }]);
    expect(json.json.spec.replicas).toBe(4);
    expect((await patch('strategic-merge-patch', { spec: { replicas: 5 } })).code).toBe(415);
  });

  test('has status and scale apart from the rest', async () => {
    await server.send(`POST ${CRON_TABS}`, { body: { ...cronTab('a'), status: { replicas: 9 } } });
    const found = await server.send(`GET ${CRON_TABS}/a`);
    expect(found.json.status).toBeUndefined();
    const status = { ...found.json, spec: { image: 'other' }, status: { replicas: 2, labelSelector: 'app=x' } };
    const reported = await server.send(`PUT ${CRON_TABS}/a/status`, { body: status });
    expect(reported.json).toMatchObject({
      spec: { image: 'cron' },
      status: { replicas: 2 },
      metadata: { generation: 1 },
    });
    const scale = await server.send(`GET ${CRON_TABS}/a/scale`);
    expect(scale.json).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 2, selector: 'app=x' } });
    const scaled = await server.send(`PATCH ${CRON_TABS}/a/scale`, {
      body: { spec: { replicas: 7 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(scaled.json.spec.replicas).toBe(7);
    expect((await server.send(`GET ${CRON_TABS}/a`)).json.spec.replicas).toBe(7);
  });

  test('is replaced only by who names the revision', async () => {
    const made = await server.send(`POST ${CRON_TABS}`, { body: cronTab('a') });
    for (const part of ['', '/status']) {
      const blind = await server.send(`PUT ${CRON_TABS}/a${part}`, { body: cronTab('a') });
      expect([blind.code, blind.json.message]).toEqual([
        422,
        expect.stringContaining('metadata.resourceVersion: Invalid value: 0: must be specified for an update'),
      ]);
    }
    expect((await server.send(`PUT ${CRON_TABS}/absent`, { body: cronTab('absent') })).code).toBe(404);
    expect((await server.send(`PUT ${CRON_TABS}/a`, { body: made.json })).code).toBe(200);
  });

  test('goes with its definition, and is another one when that comes back', async () => {
    await server.send(`POST ${CRON_TABS}`, { body: cronTab('a') });
    const reader = new WatchReader(await server.open(`${CRON_TABS}?watch=true`));
    expect(await reader.next()).toBe('ADDED a');
    expect((await server.send(`DELETE ${DEFINITIONS}/${NAME}`)).code).toBe(200);
    await until(async () => expect((await server.send(`GET ${DEFINITIONS}/${NAME}`)).code).toBe(404));
    await until(async () => expect((await server.send(`GET ${CRON_TABS}`)).code).toBe(404));
    let last = await reader.next();
    while (last !== 'END') last = await reader.next();
    expect((await server.store.list('/registry/stable.example.com/')).values).toEqual([]);
    await define();
    expect((await server.send(`GET ${CRON_TABS}`)).json.items).toEqual([]);
  });

  test('objects gain the defaults of a newer schema when they are read', async () => {
    await server.send(`POST ${CRON_TABS}`, { body: cronTab('a') });
    const { json } = await server.send(`GET ${DEFINITIONS}/${NAME}`);
    const { properties } = json.spec.versions[0].schema.openAPIV3Schema.properties.spec;
    properties.colour = { type: 'string', default: 'green' };
    expect((await server.send(`PUT ${DEFINITIONS}/${NAME}`, { body: json })).code).toBe(200);
    await until(async () =>
      expect((await server.send(`GET ${CRON_TABS}/a`)).json.spec).toMatchObject({ colour: 'green' }),
    );
    const list = await server.send(`GET ${CRON_TABS}`);
    expect(list.json.items[0].spec.colour).toBe('green');
  });

  test('is described by OpenAPI', async () => {
    const index = await server.send('GET /openapi/v3');
    const { serverRelativeURL } = index.json.paths['apis/stable.example.com/v1'];
    const { components } = (await server.send(`GET ${serverRelativeURL}`)).json;
    const schema = components.schemas['com.example.stable.v1.CronTab'];
    expect(schema.properties.spec.properties.replicas).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 10,
      default: 1,
    });
    expect(schema['x-kubernetes-group-version-kind']).toEqual([
      { group: 'stable.example.com', kind: 'CronTab', version: 'v1' },
    ]);
    const v2 = await server.send('GET /openapi/v2');
    expect(v2.json.definitions['com.example.stable.v1.CronTab'].properties.spec.required).toEqual(['image']);
  });
});

test('names that are taken are not accepted until they are free', async () => {
  await define();
  const other = {
    ...cronTabs({ names: { plural: 'others', kind: 'Other', shortNames: ['ct'] } }),
    metadata: { name: 'others.stable.example.com' },
  };
  expect((await server.send(`POST ${DEFINITIONS}`, { body: other })).code).toBe(201);
  const conditionsOf = async () =>
    (await server.send(`GET ${DEFINITIONS}/others.stable.example.com`)).json.status.conditions ?? [];
  await until(async () =>
    expect(await conditionsOf()).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict', message: '"ct" is already in use' },
      { type: 'Established', status: 'False' },
    ]),
  );
  await server.send(`DELETE ${DEFINITIONS}/${NAME}`);
  await until(async () =>
    expect(await conditionsOf()).toMatchObject([{ status: 'True' }, { type: 'Established', status: 'True' }]),
  );
});

test('versions without conversion differ in their name and their schema', async () => {
  const [v1] = cronTabs().spec.versions;
  const v2 = { ...structuredClone(v1!), name: 'v2', storage: false, deprecated: true };
  Object.assign(v2.schema.openAPIV3Schema.properties.spec.properties, { extra: { type: 'string', default: 'x' } });
  await define(cronTabs({ versions: [v1, v2] }));
  const inV2 = CRON_TABS.replace('/v1/', '/v2/');
  const made = await server.send(`POST ${inV2}`, {
    body: { ...cronTab('a', { image: 'i' }), apiVersion: 'stable.example.com/v2' },
  });
  expect(made.code, made.text).toBe(201);
  expect(made.json).toMatchObject({ apiVersion: 'stable.example.com/v2', spec: { extra: 'x', replicas: 1 } });
  expect(made.headers.warning).toContain('stable.example.com/v2 CronTab is deprecated');
  const read = await server.send(`GET ${CRON_TABS}/a`);
  expect(read.json.apiVersion).toBe('stable.example.com/v1');
  expect(read.json.spec).toEqual({ image: 'i', replicas: 1, cronSpec: '5 0 * * *' });
  const bad = await server.send(`POST ${inV2}`, {
    body: { ...cronTab('b', { image: 'i', extra: 3 }), apiVersion: 'stable.example.com/v2' },
  });
  expect(bad.code).toBe(422);
  const patched = await server.send(`PATCH ${inV2}/a`, {
    body: { spec: { replicas: 2 } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(patched.json).toMatchObject({ apiVersion: 'stable.example.com/v2', spec: { replicas: 2 } });
  const groups = await server.send('GET /apis/stable.example.com');
  expect(groups.json.preferredVersion.version).toBe('v2');
});

test('a definition that is no good is refused with every fault', async () => {
  const bad = cronTabs({ scope: 'Galaxy' }, { schema: { openAPIV3Schema: { properties: { spec: {} } } } });
  const { json, code } = await server.send(`POST ${DEFINITIONS}`, { body: bad });
  expect(code).toBe(422);
  expect(json.details.causes.map(({ field }: { field: string }) => field)).toEqual([
    'spec.scope',
    'spec.versions[0].schema.openAPIV3Schema.type',
    'spec.versions[0].schema.openAPIV3Schema.type',
    'spec.versions[0].schema.openAPIV3Schema.properties[spec].type',
    'spec.versions[0].selectableFields[0].jsonPath',
  ]);
});
