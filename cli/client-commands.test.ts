import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { apply } from './apply/apply.ts';
import { LAST_APPLIED, withLastApplied } from './apply/last-applied.ts';
import { deleteObjects } from './delete.ts';
import { describe as describeObjects } from './describe/describe.ts';
import { events } from './events.ts';
import { FakeServer } from './fake-server.fixture.ts';
import { get } from './get/get.ts';
import { logs } from './logs.ts';
import { scale } from './scale.ts';

let server: FakeServer;
let dir: string;
beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-cli-'));
});
afterEach(() => {
  server.ending.abort();
  server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const session = () => server.session(systemClock);
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const table = (names: string[], resourceVersion = '7') => ({
  kind: 'Table',
  metadata: { resourceVersion },
  columnDefinitions: [{ name: 'Name' }, { name: 'Ready' }],
  rows: names.map((name) => ({ cells: [name, '1/1'], object: { metadata: { name, namespace: 'default' } } })),
});
const pod = (name: string, containers = ['main']) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  spec: { containers: containers.map((each) => ({ name: each })) },
});

describe('get', () => {
  test('prints the table that the server made', async () => {
    server.answers.set(`GET ${PODS}`, { body: table(['a', 'bb']) });
    await get(session(), ['po'], { selector: 'app=x' });
    expect(server.out).toBe('NAME   READY\na      1/1\nbb     1/1\n');
    expect(server.asked[0]?.query).toEqual({ labelSelector: 'app=x', limit: '500' });
    expect(server.asked[0]?.accept).toContain('as=Table');
  });

  test('reads a long list page by page', async () => {
    const first = table(['a']);
    const page = { ...first, metadata: { ...first.metadata, continue: 'next' } };
    server.answers.set(`GET ${PODS}`, [{ body: page }, { body: table(['b']) }]);
    await get(session(), ['pods'], {});
    expect(server.out).toBe('NAME   READY\na      1/1\nb      1/1\n');
    expect(server.asked[1]?.query.continue).toBe('next');
  });

  test('names the kinds when it shows several', async () => {
    server.answers.set('GET /api/v1/pods', { body: table(['a']) });
    server.answers.set('GET /apis/apps/v1/deployments', { body: table(['web']) });
    await get(session(), ['all'], { allNamespaces: true });
    expect(server.out).toContain('NAMESPACE   NAME    READY\ndefault     pod/a   1/1\n\n');
    expect(server.out).toContain('deployment.apps/web');
  });

  test('says so when there is nothing', async () => {
    server.answers.set(`GET ${PODS}`, { body: table([]) });
    await get(session(), ['pods'], {});
    expect(server.out).toBe('');
    expect(server.err).toBe('No resources found in default namespace.\n');
  });

  test('shows what it found and fails for the rest, in the server’s words', async () => {
    server.answers.set(`GET ${PODS}/a`, { body: table(['a']) });
    const asked = get(session(), ['pods', 'a', 'b'], {});
    await expect(asked).rejects.toThrow('Error from server (NotFound): pods "b" not found');
    expect(server.out).toContain('a      1/1');
  });

  test('-o name and -o yaml', async () => {
    server.answers.set(`GET ${DEPLOYMENTS}`, { body: { items: [{ metadata: { name: 'web' } }] } });
    await get(session(), ['deploy'], { output: 'name' });
    expect(server.out).toBe('deployment.apps/web\n');
    server.out = '';
    await get(session(), ['deploy'], { output: 'yaml' });
    expect(server.out).toContain('- apiVersion: apps/v1\n  kind: Deployment\n');
  });

  test('--watch prints a line for each change from where the list ended', async () => {
    server.answers.set(`GET ${PODS}`, [
      { body: table(['a']) },
      (response) => {
        const event = (name: string) => `${JSON.stringify({ type: 'MODIFIED', object: table([name]) })}\n`;
        const [head, tail] = [event('b').slice(0, 30), event('b').slice(30)];
        response.write(event('a') + head);
        setImmediate(() => response.end(tail));
      },
    ]);
    await get(session(), ['pods'], { watch: true });
    expect(server.out).toBe('NAME   READY\na      1/1\na      1/1\nb      1/1\n');
    expect(server.asked[1]?.query).toMatchObject({ watch: 'true', resourceVersion: '7' });
  });
});

describe('apply', () => {
  const manifest = (replicas: number) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas },
  });
  const write = (...objects: object[]) => {
    const file = join(dir, 'web.yaml');
    writeFileSync(file, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    return { filename: [file] };
  };
  const live = (replicas: number) => {
    const { metadata, ...rest } = manifest(replicas);
    return withLastApplied({ ...rest, metadata: { ...metadata, namespace: 'default' } });
  };

  test('creates what is missing and remembers what it applied', async () => {
    server.answers.set(`POST ${DEPLOYMENTS}`, { code: 201, body: live(1) });
    await apply(session(), write(manifest(1)));
    expect(server.out).toBe('deployment.apps/web created\n');
    const sent = server.asked.at(-1)?.body as ReturnType<typeof live>;
    expect(JSON.parse(sent.metadata.annotations[LAST_APPLIED] ?? '')).toMatchObject({ spec: { replicas: 1 } });
    expect(server.asked.at(-1)?.query).toMatchObject({
      fieldManager: 'kubectl-client-side-apply',
      fieldValidation: 'Strict',
    });
  });

  test('patches only what differs', async () => {
    server.answers.set(`GET ${DEPLOYMENTS}/web`, { body: live(1) });
    server.answers.set(`PATCH ${DEPLOYMENTS}/web`, { body: live(2) });
    await apply(session(), write(manifest(2)));
    expect(server.out).toBe('deployment.apps/web configured\n');
    const sent = server.asked.at(-1);
    expect(sent?.contentType).toBe('application/strategic-merge-patch+json');
    expect(sent?.body).toMatchObject({ spec: { replicas: 2 } });
    expect(Object.keys((sent?.body as { spec: object } | undefined)?.spec ?? {})).toEqual(['replicas']);
  });

  test('leaves alone what is as it should be', async () => {
    server.answers.set(`GET ${DEPLOYMENTS}/web`, { body: live(1) });
    await apply(session(), write(manifest(1)));
    expect(server.out).toBe('deployment.apps/web unchanged\n');
    expect(server.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  test('tries again when somebody else wrote first', async () => {
    const conflict = { kind: 'Status', reason: 'Conflict', message: 'too late', code: 409 };
    server.answers.set(`GET ${DEPLOYMENTS}/web`, { body: live(1) });
    server.answers.set(`PATCH ${DEPLOYMENTS}/web`, [{ code: 409, body: conflict }, { body: live(2) }]);
    await apply(session(), write(manifest(2)));
    expect(server.out).toBe('deployment.apps/web configured\n');
  });

  test('goes on after a refusal, and fails in the end', async () => {
    const invalid = { kind: 'Status', reason: 'Invalid', message: 'Deployment.apps "web" is invalid: no', code: 422 };
    server.answers.set(`POST ${DEPLOYMENTS}`, [
      { code: 422, body: invalid },
      { code: 201, body: live(1) },
    ]);
    const asked = apply(session(), write(manifest(-1), manifest(1)));
    await expect(asked).rejects.toThrow('The Deployment.apps "web" is invalid: no');
    expect(server.out).toBe('deployment.apps/web created\n');
  });

  test('reads standard input, and all of a directory in order', async () => {
    server.stdin = JSON.stringify(manifest(1));
    await apply(session(), { filename: ['-'], dryRun: 'client' });
    writeFileSync(join(dir, 'b.yml'), JSON.stringify({ ...manifest(1), metadata: { name: 'second' } }));
    writeFileSync(join(dir, 'a.yaml'), JSON.stringify({ ...manifest(1), metadata: { name: 'first' } }));
    writeFileSync(join(dir, 'notes.txt'), 'no manifest');
    await apply(session(), { filename: [dir], dryRun: 'client' });
    expect(server.out).toBe(
      ['web', 'first', 'second'].map((name) => `deployment.apps/${name} created (dry run)\n`).join(''),
    );
  });

  test.each([
    ['a: [', /error parsing/],
    ['just: text', /needs both apiVersion and kind/],
    ['{"apiVersion":"v9","kind":"Pod","metadata":{"name":"a"}}', /no matches for kind "Pod" in version "v9"/],
    ['{"apiVersion":"v1","kind":"Pod","metadata":{}}', /needs metadata.name/],
  ])('%j is refused', async (text, sentence) => {
    server.stdin = text;
    await expect(apply(session(), { filename: ['-'] })).rejects.toThrow(sentence);
  });
});

describe('delete', () => {
  test('waits until the object with that uid is gone', async () => {
    server.answers.set(`DELETE ${PODS}/a`, { body: pod('a') });
    server.answers.set(`GET ${PODS}`, [
      { body: { metadata: { resourceVersion: '9' }, items: [pod('a')] } },
      (response) => response.end(`${JSON.stringify({ type: 'DELETED', object: pod('a') })}\n`),
    ]);
    await deleteObjects(session(), ['pod', 'a'], { gracePeriod: '5' });
    expect(server.out).toBe('pod "a" deleted from default namespace\n');
    expect(server.asked[0]?.body).toMatchObject({ propagationPolicy: 'Background', gracePeriodSeconds: 5 });
    expect(server.asked.at(-1)?.query).toMatchObject({ watch: 'true', fieldSelector: 'metadata.name=a' });
  });

  test('a selector deletes what it finds', async () => {
    server.answers.set(`GET ${PODS}`, { body: { items: [pod('a'), pod('b')] } });
    for (const name of ['a', 'b']) server.answers.set(`DELETE ${PODS}/${name}`, { body: pod(name) });
    await deleteObjects(session(), ['pods'], { selector: 'x=y', wait: false });
    expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'DELETE']);
  });

  test('gives up waiting at the deadline', async () => {
    server.answers.set(`DELETE ${PODS}/a`, { body: pod('a') });
    server.answers.set(`GET ${PODS}`, [
      { body: { metadata: { resourceVersion: '9' }, items: [pod('a')] } },
      (response) => response.flushHeaders(),
    ]);
    const asked = deleteObjects(session(), ['pod', 'a'], { timeout: '50ms' });
    await expect(asked).rejects.toThrow('timed out waiting for the condition on pod/a');
  });

  test('needs to be told which', async () => {
    await expect(deleteObjects(session(), ['pods'], {})).rejects.toThrow(/no name was specified/);
    await expect(deleteObjects(session(), ['pods', 'a'], { all: true })).rejects.toThrow(/cannot go together/);
  });

  test('an absent object is an error unless it may be absent', async () => {
    await expect(deleteObjects(session(), ['pod', 'a'], {})).rejects.toThrow('pods "a" not found');
    await deleteObjects(session(), ['pod', 'a'], { ignoreNotFound: true });
  });
});

describe('logs', () => {
  test('of a deployment come from one of its pods', async () => {
    server.answers.set(`GET ${DEPLOYMENTS}/web`, { body: { spec: { selector: { matchLabels: { app: 'web' } } } } });
    server.answers.set(`GET ${PODS}`, { body: { items: [pod('a'), { ...pod('b'), status: { phase: 'Running' } }] } });
    server.answers.set(`GET ${PODS}/b/log`, (response) => response.end('hello\n'));
    await logs(session(), ['deploy/web'], { tail: '3', since: '90s' });
    expect(server.out).toBe('hello\n');
    expect(server.err).toBe('Found 2 pods, using pod/b\n');
    expect(server.asked.at(-1)?.query).toEqual({ container: 'main', tailLines: '3', sinceSeconds: '90' });
  });

  test('of several containers name the one that is shown', async () => {
    server.answers.set(`GET ${PODS}/a`, { body: pod('a', ['main', 'side']) });
    server.answers.set(`GET ${PODS}/a/log`, (response) => response.end('x\n\ny'));
    await logs(session(), ['a'], { prefix: true });
    expect(server.err).toBe('Defaulted container "main" out of: main, side\n');
    expect(server.out).toBe('[pod/a/main] x\n[pod/a/main] \n[pod/a/main] y\n');
    await expect(logs(session(), ['a'], { container: 'none' })).rejects.toThrow('(there: main, side)');
  });
});

describe('scale', () => {
  test('patches the scale of each target', async () => {
    server.answers.set(`PATCH ${DEPLOYMENTS}/web/scale`, { body: {} });
    await scale(session(), ['deploy/web'], { replicas: '3' });
    expect(server.out).toBe('deployment.apps/web scaled\n');
    expect(server.asked[0]).toMatchObject({
      body: { spec: { replicas: 3 } },
      contentType: 'application/merge-patch+json',
    });
  });

  test('minds the number that was expected', async () => {
    server.answers.set(`GET ${DEPLOYMENTS}/web/scale`, { body: { spec: { replicas: 2 } } });
    const asked = scale(session(), ['deploy/web'], { replicas: '3', currentReplicas: '1' });
    await expect(asked).rejects.toThrow('Expected replicas to be 1, was 2');
  });

  test.each([{}, { replicas: '-1' }, { replicas: 'many' }])('%j is refused', async (flags) => {
    await expect(scale(session(), ['deploy/web'], flags)).rejects.toThrow(/--replicas/);
  });

  test('pods cannot be scaled', async () => {
    await expect(scale(session(), ['pod/a'], { replicas: '1' })).rejects.toThrow('pods cannot be scaled');
  });
});

const happened = (reason: string, lastTimestamp: string, count = 1) => ({
  type: 'Normal',
  reason,
  message: `${reason} it`,
  count,
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp,
  involvedObject: { kind: 'Pod', name: 'a' },
  source: { component: 'scheduler' },
});

test('events come oldest first', async () => {
  server.answers.set('GET /api/v1/namespaces/default/events', {
    body: { items: [happened('Started', '2026-01-01T00:00:09Z'), happened('Scheduled', '2026-01-01T00:00:01Z')] },
  });
  const clock = { ...systemClock, now: () => Date.parse('2026-01-01T00:00:10Z') };
  await events(server.session(clock), { for: 'pod/a' });
  expect(server.out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'],
    ['9s', 'Normal', 'Scheduled', 'Pod/a', 'Scheduled it'],
    ['1s', 'Normal', 'Started', 'Pod/a', 'Started it'],
    [''],
  ]);
  expect(server.asked[0]?.query.fieldSelector).toBe('involvedObject.kind=Pod,involvedObject.name=a');
});

test('describe tells a pod’s containers and events', async () => {
  server.answers.set(`GET ${PODS}/a`, {
    body: {
      ...pod('a'),
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'main', ready: true, restartCount: 2, state: { running: {} }, image: 'i', imageID: 'x' },
        ],
      },
    },
  });
  server.answers.set('GET /api/v1/namespaces/default/events', {
    body: { items: [happened('Pulled', '2026-01-01T00:00:05Z', 3)] },
  });
  const clock = { ...systemClock, now: () => Date.parse('2026-01-01T00:00:10Z') };
  await describeObjects(server.session(clock), ['pod', 'a'], {});
  expect(server.out).toMatch(/^Name: +a\n/);
  expect(server.out).toMatch(/ {4}Restart Count: +2\n/);
  expect(server.out).toMatch(/Pulled +5s \(x3 over 10s\) +scheduler +Pulled it/);
});
