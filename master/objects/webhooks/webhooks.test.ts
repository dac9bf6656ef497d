import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mutatingWebhookConfigurations } from '../../../api/admissionregistration/mutating-webhook-configuration.ts';
import { validatingWebhookConfigurations } from '../../../api/admissionregistration/validating-webhook-configuration.ts';
import { deployments } from '../../../api/apps/deployment.ts';
import { horizontalPodAutoscalers } from '../../../api/autoscaling/horizontal-pod-autoscaler.ts';
import { type ConfigMap, configMaps } from '../../../api/core/config-map.ts';
import { endpoints } from '../../../api/core/endpoints.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { services } from '../../../api/core/service.ts';
import { decode } from '../../../api/meta/decode.ts';
import { type ResourceDefinition, storeKey } from '../../../api/meta/definition.ts';
import { isApiError } from '../../../api/meta/errors.ts';
import type { JsonObject } from '../../../api/meta/json.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { builtInCatalogue, resources } from '../../../api/registry.ts';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/log.ts';
import { Registry } from '../../../platform/metrics.ts';
import { systemRng } from '../../../platform/rng.ts';
import type { Authorizer } from '../../auth/authorization/authorizer.ts';
import { memoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { WatchCache } from '../../store/watch-cache.ts';
import { standardAdmission } from '../admission/standard.ts';
import { createObjects } from '../create-objects.ts';
import type { Objects, WriteContext } from '../objects.ts';
import { patching, startWebhookServer, type WebhookServer } from './webhook-server.fixture.ts';
import { Webhooks } from './webhooks.ts';

let server: WebhookServer;
let store: Store;
let cache: WatchCache;
let webhooks: Webhooks;
let objects: Objects;
let warnings: string[];
let notes: Map<string, string>;
let context: WriteContext;

beforeAll(async () => {
  server = await startWebhookServer();
});
afterAll(() => server.stop());

beforeEach(async () => {
  server.seen.length = 0;
  server.answers.clear();
  const [clock, rng, log] = [systemClock, systemRng(), silentLogger];
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log, metrics: new Registry() });
  await cache.start();
  const types = ['mutating', 'validating'] as const;
  const authorizer: Pick<Authorizer, 'authorize'> = {
    authorize: ({ name }, action) => {
      const [{ verb }, reason] = [action, JSON.stringify(action)];
      return { allowed: name === 'ann' ? verb === 'create' : verb === 'breakglass', reason };
    },
  };
  webhooks = new Webhooks({ cache, catalogue: builtInCatalogue, types, clock, rng, log, authorizer });
  await webhooks.start();
  objects = createObjects({ store, cache, clock, rng, admission: standardAdmission(), webhooks });
  warnings = [];
  notes = new Map();
  context = {
    user: 'ann',
    requester: { name: 'ann', groups: ['dev'], uid: 'u1' },
    warn: (sentence) => warnings.push(sentence),
    annotate: (key, value) => notes.set(key, value),
  };
  await objects.create(namespaces, { metadata: { name: 'default', labels: { env: 'test' } } }, context);
});
afterEach(async () => {
  await webhooks.stop();
  await cache.stop();
  await store.close();
});

const onMaps = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };

/** Registers webhooks, each with the path of its first name segment, and waits until they are known. */
async function register(type: 'mutating' | 'validating', name: string, ...hooks: JsonObject[]): Promise<void> {
  const definition = (type === 'mutating' ? mutatingWebhookConfigurations : validatingWebhookConfigurations) as never;
  const full = hooks.map((hook) => ({
    rules: [onMaps],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    clientConfig: { url: `${server.url}/${String(hook.name).split('.', 1)[0]}`, caBundle: server.caBundle },
    ...hook,
  }));
  const resource = definition as ResourceDefinition;
  const { object } = decode(resource, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: resource.kind,
    metadata: { name },
    webhooks: full,
  });
  const made = await objects.create(resource, object, context);
  await cache.waitFor(Number(made.metadata?.resourceVersion));
}

/** Puts an object into the store that our own rules would not let in. */
async function place(
  resource: ResourceDefinition,
  name: string,
  change: (it: JsonObject) => JsonObject,
): Promise<void> {
  const key = storeKey(resource, resource.namespaced ? 'default' : undefined, name);
  const found = await store.get(key);
  const value = JSON.stringify(change(JSON.parse(found?.value ?? '{}') as JsonObject));
  await store.commit({ compares: [], ops: [{ type: 'put', key, value }] });
  await cache.waitFor(await store.revision());
}

const map = (name: string, labels?: Record<string, string>): ConfigMap => ({
  metadata: { name, namespace: 'default', ...(labels && { labels }) },
  data: { a: '1' },
});
const make = (name: string, more: Partial<WriteContext> = {}, labels?: Record<string, string>) =>
  objects.create(configMaps, map(name, labels), { ...context, ...more });

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return isApiError(error) ? `${error.code} ${error.reason} ${error.message}` : `no ApiError: ${error}`;
}

const paths = () => server.seen.map(({ path }) => path);

describe('validating', () => {
  test('a webhook sees the request and may refuse it', async () => {
    await register('validating', 'checks', { name: 'check.example.com' });
    server.answers.set('/check', ({ object }) =>
      object?.data?.a === 'bad'
        ? { allowed: false, status: { code: 403, message: 'a is bad' }, warnings: ['look out'] }
        : { allowed: true, auditAnnotations: { seen: 'yes' } },
    );
    await make('one');
    expect(server.seen[0]?.review).toMatchObject({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
    expect(server.seen[0]?.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { kind: 'ConfigMap' },
      name: 'one',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'ann', uid: 'u1', groups: ['dev'] },
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { a: '1' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions' },
    });
    expect(notes.get('check.example.com/seen')).toBe('yes');
    const edit = (current: ConfigMap) => {
      current.data = { a: 'bad' };
    };
    expect(await refusalOf(objects.update(configMaps, 'default', 'one', edit, context))).toBe(
      '403  admission webhook "check.example.com" denied the request: a is bad',
    );
    expect(warnings).toEqual(['look out']);
    expect(server.seen[1]?.request).toMatchObject({ operation: 'UPDATE', oldObject: { data: { a: '1' } } });
    expect((await objects.delete(configMaps, 'default', 'one', context)).gone).toBe(true);
    expect(server.seen[2]?.request).toMatchObject({
      operation: 'DELETE',
      object: null,
      oldObject: { data: { a: '1' } },
    });
  });

  test.each([
    [{ allowed: false }, '400  admission webhook "w.example.com" denied the request without explanation'],
    [
      { allowed: false, status: { reason: 'Nope', code: 200 } },
      '400 Nope admission webhook "w.example.com" denied the request: Nope',
    ],
    [{}, '400  admission webhook "w.example.com" denied the request without explanation'],
    [
      { uid: 'x', allowed: true },
      /500 InternalError Internal error occurred: failed calling webhook "w.example.com": received invalid webhook response: expected response.uid="[^"]+", got "x"/,
    ],
    [{ allowed: 'yes' }, /response.allowed must be true or false, got "yes"/],
    [patching({ op: 'add', path: '/data/b', value: '2' }), /validating webhook may not return response.patch/],
  ])('the answer %j', async (answer, expected) => {
    await register('validating', 'checks', { name: 'w.example.com' });
    server.answers.set('/w', () => answer);
    const refusal = await refusalOf(make('one'));
    if (typeof expected === 'string') expect(refusal).toBe(expected);
    else expect(refusal).toMatch(expected);
  });

  test('all are asked at once, and the first refusal in their order counts', async () => {
    const both: (() => void)[] = [];
    const untilBoth = () =>
      new Promise<void>((resolve) => {
        both.push(resolve);
        if (both.length === 2) for (const go of both) go();
      });
    for (const name of ['a', 'b'])
      server.answers.set(`/${name}`, async () => {
        await untilBoth();
        return { allowed: false, status: { message: name } };
      });
    await register('validating', 'second', { name: 'b.example.com' });
    await register('validating', 'first', { name: 'a.example.com' });
    expect(await refusalOf(make('one'))).toMatch(/"a.example.com" denied the request: a$/);
    expect(paths().sort()).toEqual(['/a', '/b']);
  });

  test('configurations of webhooks are never shown to any', async () => {
    const everything = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };
    server.answers.set('/no', () => ({ allowed: false }));
    await register('validating', 'no', { name: 'no.example.com', rules: [everything] });
    await register('mutating', 'other', { name: 'other.example.com' });
    expect(paths()).toEqual([]);
    expect(await refusalOf(make('one'))).toContain('denied');
    await objects.delete(validatingWebhookConfigurations, undefined, 'no', context);
    await cache.waitFor(await store.revision());
    await make('one');
  });
});

describe('failures', () => {
  const failing = (policy: string) => ({ name: 'w.example.com', failurePolicy: policy, timeoutSeconds: 1 });

  test.each<[string, (server: WebhookServer) => void, RegExp]>([
    [
      'says nothing in time',
      (it) => it.answers.set('/w', () => new Promise(() => undefined)),
      /Post "https:\/\/127.0.0.1:\d+\/w\?timeout=1s": context deadline exceeded/,
    ],
    [
      'answers 500',
      (it) => it.answers.set('/w', (_, response) => void response.writeHead(500).end('oh no')),
      /the server answered with status 500: oh no/,
    ],
    [
      'answers no JSON',
      (it) => it.answers.set('/w', (_, response) => void response.end('<html>')),
      /the answer is not JSON/,
    ],
    [
      'answers no response',
      (it) => it.answers.set('/w', (_, response) => void response.end('{}')),
      /webhook response was absent/,
    ],
    ['hangs up', (it) => it.answers.set('/w', (_, response) => void response.destroy()), /socket hang up|ECONNRESET/],
  ])('a webhook that %s fails the request, or is passed over', async (_what, prepare, why) => {
    prepare(server);
    await register('validating', 'w', failing('Fail'));
    const refusal = await refusalOf(make('one'));
    expect(refusal).toMatch(/^500 InternalError Internal error occurred: failed calling webhook "w.example.com": /);
    expect(refusal).toMatch(why);
    await objects.update(
      validatingWebhookConfigurations,
      undefined,
      'w',
      (it) => {
        it.webhooks![0]!.failurePolicy = 'Ignore';
      },
      context,
    );
    await cache.waitFor(await store.revision());
    await make('one');
    expect(notes.get('failed-open.validating.webhook.admission.k8s.io/round_0_index_0')).toMatch(
      why.source.startsWith('Post') ? /deadline/ : why,
    );
  });

  test('nobody listens, or an authority is not believed', async () => {
    await register('validating', 'a', { ...failing('Fail'), clientConfig: { url: 'https://127.0.0.1:1/x' } });
    expect(await refusalOf(make('one'))).toMatch(
      /failed to call webhook: Post "https:\/\/127.0.0.1:1\/x\?timeout=1s": .*ECONNREFUSED/,
    );
    await objects.update(
      validatingWebhookConfigurations,
      undefined,
      'a',
      (it) => {
        it.webhooks![0]!.clientConfig = { url: `${server.url}/x` };
      },
      context,
    );
    await cache.waitFor(await store.revision());
    expect(await refusalOf(make('one'))).toMatch(/certificate/);
  });

  test('a server that was restarted is found again, over connections that are kept', async () => {
    await register('validating', 'w', { name: 'w.example.com' });
    const before = server.connections;
    for (const name of ['a', 'b', 'c']) await make(name);
    expect(server.connections - before).toBeLessThanOrEqual(1);
    await server.stop();
    expect(await refusalOf(make('d'))).toMatch(/ECONNREFUSED/);
    await server.restart();
    await make('d');
    expect(paths()).toHaveLength(4);
  });

  test('a service is reached through its endpoints, or the message says why not', async () => {
    const clientConfig = { service: { namespace: 'default', name: 'hook', path: '/w' }, caBundle: server.caBundle };
    await register('validating', 'w', { name: 'w.example.com', clientConfig });
    expect(await refusalOf(make('one'))).toMatch(
      /the service default\/hook cannot be reached: there is no such service; .* clientConfig.url/,
    );
    const meta = { metadata: { name: 'hook', namespace: 'default' } };
    await objects.create(services, { ...meta, spec: { ports: [{ port: 443 }] } } as never, context);
    await cache.waitFor(await store.revision());
    expect(await refusalOf(make('one'))).toMatch(/nothing ready is behind it/);
    const subsets = [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: server.port }] }];
    await place(endpoints as never, 'hook', () => ({ apiVersion: 'v1', kind: 'Endpoints', ...meta, subsets }));
    await make('one');
    expect(paths()).toEqual(['/w']);
  });
});

describe('who is asked', () => {
  test.each<[string, JsonObject, boolean]>([
    ['another operation', { rules: [{ ...onMaps, operations: ['UPDATE'] }] }, false],
    ['another group', { rules: [{ ...onMaps, apiGroups: ['apps'] }] }, false],
    ['one of several rules', { rules: [{ ...onMaps, apiGroups: ['apps'] }, onMaps] }, true],
    ['all resources', { rules: [{ ...onMaps, resources: ['*'] }] }, true],
    ['subresources only', { rules: [{ ...onMaps, resources: ['configmaps/status', '*/scale'] }] }, false],
    ['cluster-wide resources', { rules: [{ ...onMaps, scope: 'Cluster' }] }, false],
    ['resources in namespaces', { rules: [{ ...onMaps, scope: 'Namespaced' }] }, true],
    ['this namespace', { namespaceSelector: { matchLabels: { env: 'test' } } }, true],
    ['other namespaces', { namespaceSelector: { matchLabels: { env: 'prod' } } }, false],
    ['these objects', { objectSelector: { matchExpressions: [{ key: 'x', operator: 'In', values: ['1'] }] } }, true],
    ['other objects', { objectSelector: { matchLabels: { x: '2' } } }, false],
    [
      'a condition that holds',
      { matchConditions: [{ name: 'a', expression: 'object.data.a == "1" && oldObject == null' }] },
      true,
    ],
    [
      'a condition about what the request does not have',
      { matchConditions: [{ name: 'a', expression: '!has(request.subResource) && has(request.namespace)' }] },
      true,
    ],
    [
      'a condition about who asks',
      { matchConditions: [{ name: 'a', expression: '!("dev" in request.userInfo.groups)' }] },
      false,
    ],
    [
      'a false one beside one that fails',
      {
        matchConditions: [
          { name: 'a', expression: 'object.nothing.b == 1' },
          { name: 'b', expression: 'false' },
        ],
      },
      false,
    ],
  ])('%s', async (_what, hook, isAsked) => {
    await register('validating', 'w', { name: 'w.example.com', ...hook });
    await make('one', {}, { x: '1' });
    expect(paths()).toEqual(isAsked ? ['/w'] : []);
  });

  test.each([
    ['authorizer.requestResource.check("create").allowed()', true],
    ['authorizer.requestResource.check("delete").allowed()', false],
    ['authorizer.group("").resource("pods").namespace("default").name("p").check("create").allowed()', true],
    ['authorizer.path("/metrics").check("create").reason().contains("\\"path\\":\\"/metrics\\"")', true],
    [
      '!authorizer.group("admissionregistration.k8s.io").resource("validatingwebhookconfigurations").name("w").check("breakglass").allowed()',
      true,
    ],
    ['authorizer.serviceAccount("default", "robot").group("apps").resource("x").check("breakglass").allowed()', true],
    ['authorizer.requestResource.check("create").errored()', false],
    [
      'authorizer.requestResource.check("x").reason().contains("\\"namespace\\":\\"default\\",\\"name\\":\\"one\\"")',
      true,
    ],
  ])('a condition about rights: %s', async (expression, isAsked) => {
    await register('validating', 'w', { name: 'w.example.com', matchConditions: [{ name: 'a', expression }] });
    await make('one');
    expect(paths()).toEqual(isAsked ? ['/w'] : []);
  });

  test('a condition that cannot be evaluated refuses, or passes over, as the policy says', async () => {
    const matchConditions = [{ name: 'odd', expression: 'object.spec.nothing == 1' }];
    await register('validating', 'w', { name: 'w.example.com', matchConditions, failurePolicy: 'Ignore' });
    await make('one');
    await register('validating', 'x', { name: 'x.example.com', matchConditions });
    expect(await refusalOf(make('two'))).toMatch(
      /^403 Forbidden configmaps "two" is forbidden: match condition "odd": /,
    );
    expect(paths()).toEqual([]);
  });

  test('an expression that is none is refused with the configuration', async () => {
    const matchConditions = [
      { name: 'odd', expression: 'object.' },
      { name: 'text', expression: '"a"' },
    ];
    const refusal = await refusalOf(register('validating', 'w', { name: 'w.example.com', matchConditions }));
    expect(refusal).toMatch(/matchConditions\[0\].expression: Invalid value: "object.": compilation failed/);
    expect(refusal).toMatch(/matchConditions\[1\].expression: Invalid value: .*must evaluate to bool/);
  });

  test('a dry run is shown only to those without side effects', async () => {
    await register('validating', 'w', { name: 'w.example.com' });
    await make('one', { dryRun: true });
    expect(server.seen[0]?.request).toMatchObject({ dryRun: true, options: { dryRun: ['All'] } });
    await place(validatingWebhookConfigurations as never, 'w', (it) => ({
      ...it,
      webhooks: [{ ...(it.webhooks as JsonObject[])[0], sideEffects: 'Some' }],
    }));
    expect(await refusalOf(make('two', { dryRun: true }))).toBe(
      '400 BadRequest admission webhook "w.example.com" does not support dry run',
    );
    await make('two');
  });

  test('a request for another version of what the rules name is shown in theirs', async () => {
    const rule = {
      operations: ['CREATE'],
      apiGroups: ['autoscaling'],
      apiVersions: ['v1'],
      resources: ['horizontalpodautoscalers'],
    };
    await register('mutating', 'a', { name: 'same.example.com', rules: [rule] });
    await register('mutating', 'b', { name: 'exact.example.com', rules: [rule], matchPolicy: 'Exact' });
    server.answers.set('/same', () => patching({ op: 'replace', path: '/spec/maxReplicas', value: 9 }));
    const scaler = {
      metadata: { name: 'h', namespace: 'default' },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
      },
    };
    const made = await objects.create(horizontalPodAutoscalers as ResourceDefinition, scaler as ApiObject, context);
    expect(paths()).toEqual(['/same']);
    expect(server.seen[0]?.request).toMatchObject({
      resource: { group: 'autoscaling', version: 'v1' },
      requestResource: { group: 'autoscaling', version: 'v2' },
      object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 50 } },
    });
    expect(made).toMatchObject({ spec: { maxReplicas: 9, metrics: [{ type: 'Resource' }] } });
  });

  test('parts of objects are shown as what they are', async () => {
    const part = (resources: string[]) => ({ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources });
    await register('mutating', 'm', {
      name: 'm.example.com',
      rules: [part(['deployments/scale', 'pods/binding', 'pods/status'])],
    });
    server.answers.set('/m', ({ object }) =>
      object.kind === 'Scale' ? patching({ op: 'replace', path: '/spec/replicas', value: 2 }) : { allowed: true },
    );
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const deployment = {
      metadata: { name: 'd', namespace: 'default' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    };
    await objects.create(deployments as ResourceDefinition, deployment as ApiObject, context);
    const scaled = await objects.update(
      deployments,
      'default',
      'd',
      (it) => {
        it.spec!.replicas = 5;
      },
      context,
      {
        part: 'scale',
      },
    );
    expect(scaled.spec?.replicas).toBe(2);
    expect(server.seen[0]?.request).toMatchObject({
      kind: { group: 'autoscaling', kind: 'Scale' },
      subResource: 'scale',
      object: { spec: { replicas: 5 } },
      oldObject: { spec: { replicas: 1 } },
    });
    await objects.create(
      pods,
      { metadata: { name: 'p', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      context,
    );
    await objects.update(
      pods,
      'default',
      'p',
      (it) => ({ ...it, spec: { ...it.spec!, nodeName: 'n1' } }),
      { user: 'scheduler' },
      { part: 'binding', pure: true },
    );
    expect(server.seen[1]?.request).toMatchObject({
      operation: 'CREATE',
      subResource: 'binding',
      kind: { kind: 'Binding' },
      object: { target: { name: 'n1' } },
      oldObject: null,
      userInfo: { username: 'scheduler' },
    });
    await objects.update(
      pods,
      'default',
      'p',
      (it) => ({ ...it, status: { ...it.status, phase: 'Running' as const } }),
      { user: 'agent' },
      { part: 'status', pure: true },
    );
    expect(server.seen[2]?.request).toMatchObject({
      operation: 'UPDATE',
      subResource: 'status',
      object: { status: { phase: 'Running' }, spec: { nodeName: 'n1' } },
    });
    expect(cache.get(pods, 'default', 'p')).toMatchObject({ spec: { nodeName: 'n1' }, status: { phase: 'Running' } });
  });
});

describe('mutating', () => {
  const appending = (letter: string) => (request: { object: { data: { a: string } } }) =>
    patching({ op: 'replace', path: '/data/a', value: `${request.object.data.a}${letter}` });

  test('webhooks change an object one after the other, by name, and validating ones see the result', async () => {
    for (const letter of ['x', 'y', 'z']) server.answers.set(`/${letter}`, appending(letter) as never);
    await register('mutating', 'b', { name: 'z.example.com' });
    await register('mutating', 'a', { name: 'y.example.com' }, { name: 'x.example.com' });
    await register('validating', 'v', { name: 'v.example.com' });
    expect((await make('one')).data).toEqual({ a: '1yxz' });
    expect(paths()).toEqual(['/y', '/x', '/z', '/v']);
    expect(server.seen[3]?.request.object.data).toEqual({ a: '1yxz' });
    expect(notes.get('mutation.webhook.admission.k8s.io/round_0_index_2')).toBe(
      '{"configuration":"b","webhook":"z.example.com","mutated":true}',
    );
    await cache.waitFor(await store.revision());
    expect(cache.get(configMaps, 'default', 'one')?.data).toEqual({ a: '1yxz' });
  });

  test('those that wish it are asked again after somebody else has changed the object, once', async () => {
    for (const letter of ['x', 'y', 'z']) server.answers.set(`/${letter}`, appending(letter) as never);
    await register(
      'mutating',
      'a',
      { name: 'x.example.com', reinvocationPolicy: 'IfNeeded' },
      { name: 'y.example.com' },
      { name: 'z.example.com', reinvocationPolicy: 'IfNeeded' },
    );
    expect((await make('one')).data).toEqual({ a: '1xyzxz' });
    expect(paths()).toEqual(['/x', '/y', '/z', '/x', '/z']);
    expect([...notes.keys()]).toContain('mutation.webhook.admission.k8s.io/round_1_index_0');
  });

  test('what a webhook makes is defaulted and validated, and no field of the server changes', async () => {
    const onPods = { ...onMaps, resources: ['pods'] };
    await register('mutating', 'a', { name: 'inject.example.com', rules: [onPods] });
    const sidecar = { name: 'sidecar', image: 'side:1' };
    server.answers.set('/inject', () =>
      patching(
        { op: 'add', path: '/spec/containers/-', value: { ...sidecar, unheardOf: 1 } },
        { op: 'replace', path: '/metadata/uid', value: 'mine' },
        { op: 'add', path: '/status/phase', value: 'Running' },
      ),
    );
    const pod: Pod = {
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    };
    const made = await objects.create(pods, structuredClone(pod), context);
    expect(made.spec?.containers[1]).toMatchObject({
      ...sidecar,
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
    });
    expect(made.spec?.containers[1]).not.toHaveProperty('unheardOf');
    expect(made.metadata?.uid).not.toBe('mine');
    expect(made.status).toMatchObject({ phase: 'Pending' });
    server.answers.set('/inject', () =>
      patching({ op: 'replace', path: '/spec/containers/0/name', value: 'Not A Name' }),
    );
    expect(
      await refusalOf(
        objects.create(pods, { ...structuredClone(pod), metadata: { name: 'q', namespace: 'default' } }, context),
      ),
    ).toMatch(/^422 Invalid Pod "q" is invalid: spec.containers\[0\].name/);
  });

  test('what our rules would refuse, a webhook may mend', async () => {
    const enforce = { 'pod-security.kubernetes.io/enforce': 'baseline' };
    await objects.create(namespaces, { metadata: { name: 'strict', labels: enforce } }, context);
    await cache.waitFor(await store.revision());
    await register('mutating', 'a', { name: 'mend.example.com', rules: [{ ...onMaps, resources: ['pods'] }] });
    const risky = (name: string): Pod => ({
      metadata: { name, namespace: 'strict' },
      spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] },
    });
    expect(await refusalOf(objects.create(pods, risky('p'), context))).toMatch(/violates PodSecurity/);
    server.answers.set('/mend', () => patching({ op: 'remove', path: '/spec/hostNetwork' }));
    expect((await objects.create(pods, risky('p'), context)).spec?.hostNetwork).toBeUndefined();
    const nowhere = { ...risky('p'), metadata: { name: 'p', namespace: 'nowhere' } };
    server.seen.length = 0;
    expect(await refusalOf(objects.create(pods, nowhere, context))).toMatch(/^404/);
    expect(paths()).toEqual([]);
  });

  test.each<[string, JsonObject, RegExp]>([
    ['without a type', { allowed: true, patch: 'W10=' }, /response.patch but not response.patchType/],
    ['without a patch', { allowed: true, patchType: 'JSONPatch' }, /response.patchType but not response.patch/],
    ['of another type', { allowed: true, patchType: 'Merge', patch: 'W10=' }, /invalid response.patchType of "Merge"/],
    ['that is no JSON', { allowed: true, patchType: 'JSONPatch', patch: 'ew==' }, /not a JSON patch in base64/],
    [
      'that does not fit',
      patching({ op: 'remove', path: '/nothing' }),
      /the patch of admission webhook "w.example.com" does not fit: .*does not exist/,
    ],
  ])('a patch %s is refused', async (_what, answer, why) => {
    await register('mutating', 'a', { name: 'w.example.com' });
    server.answers.set('/w', () => answer);
    expect(await refusalOf(make('one'))).toMatch(why);
  });

  test('a lost race is decided again, by webhooks too', async () => {
    await make('one');
    await register('mutating', 'a', { name: 'w.example.com', rules: [{ ...onMaps, operations: ['UPDATE'] }] });
    let races = 0;
    server.answers.set('/w', async ({ object }) => {
      races += 1;
      if (races === 1)
        await store.commit({
          compares: [],
          ops: [
            {
              type: 'put',
              key: '/registry/core/configmaps/default/one',
              value: JSON.stringify({ ...object, data: { a: 'theirs' } }),
            },
          ],
        });
      return patching({ op: 'add', path: '/data/w', value: String(races) });
    });
    const changed = await objects.update(
      configMaps,
      'default',
      'one',
      (it) => {
        it.data = { ...it.data, b: 'ours' };
      },
      context,
    );
    expect(changed.data).toEqual({ a: 'theirs', b: 'ours', w: '2' });
  });

  test('a deletion cannot be changed', async () => {
    await make('one');
    await register('mutating', 'a', { name: 'w.example.com' });
    server.answers.set('/w', () => patching({ op: 'add', path: '/x', value: 1 }));
    expect(await refusalOf(objects.delete(configMaps, 'default', 'one', context))).toMatch(
      /"w.example.com" attempted to modify the object, which is not supported for this operation/,
    );
    expect(cache.get(configMaps, 'default', 'one')).toBeDefined();
  });
});
