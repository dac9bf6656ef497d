import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Placement, PlacementStatus } from '../api/stowage/placement.ts';
import { systemClock } from '../platform/clock.ts';
import { clientCommands } from './commands.ts';
import { describe as describeObjects } from './describe/describe.ts';
import { dateText } from './describe/rows.ts';
import { FakeServer } from './fake-server.fixture.ts';
import { placementText, why } from './why.ts';

const PODS = '/api/v1/namespaces/default/pods';
const NOW_MS = Date.parse('2026-01-02T00:05:00Z');
const PLACED_AT = '2026-01-02T00:00:00Z';

const MESSAGE = '0/15 nodes are available: 12 Insufficient memory, 3 node(s) were unschedulable.';
const PENDING: PlacementStatus = {
  state: 'pending',
  message: MESSAGE,
  nodes: 15,
  reasons: [
    { reason: 'Insufficient memory', nodes: 12 },
    { reason: 'node(s) were unschedulable', nodes: 3 },
  ],
  nearest: { node: 'node-7', lacks: ['memory: asks 4Gi, has 3.2Gi free of 16Gi'] },
  remedies: [
    { text: 'fits on 4 nodes if memory <= 3.2Gi', nodes: 4 },
    { text: 'fits on 1 node if it tolerates dedicated=gpu:NoSchedule', nodes: 1 },
  ],
};
const bare = (state: PlacementStatus['state'], message: string): PlacementStatus => ({
  ...{ state, message, nodes: 15, reasons: [], remedies: [] },
});
const PLACED = { ...bare('placed', 'it is on node-7'), nodeName: 'node-7', since: PLACED_AT };
const WAITING = bare('waiting', '2 of 4 pods of its gang are there');
const placement = (name: string, status: PlacementStatus): Placement => ({
  ...{ kind: 'Placement', apiVersion: 'stowage.dev/v1', metadata: { name, namespace: 'default' }, status },
});

let server: FakeServer;
beforeEach(async () => {
  server = new FakeServer();
  await server.start();
});
afterEach(() => {
  server.ending.abort();
  server.stop();
});

const clock = { ...systemClock, now: () => NOW_MS };
const session = () => server.session(clock);
const answer = (name: string, status: PlacementStatus) =>
  server.answers.set(`GET ${PODS}/${name}/placement`, { body: placement(name, status) });
const DETAILS = [
  'Reasons:',
  '  12  Insufficient memory',
  '   3  node(s) were unschedulable',
  'Nearest: node-7 lacks memory: asks 4Gi, has 3.2Gi free of 16Gi',
  'What would help:',
  '  fits on 4 nodes if memory <= 3.2Gi',
  '  fits on 1 node if it tolerates dedicated=gpu:NoSchedule',
];

describe('an answer in words', () => {
  const text = (status: PlacementStatus, named = false) => placementText(placement('a', status), NOW_MS, named);

  test('of a pending pod gives the message, the reasons, the nearest node and what would help', () => {
    expect(text(PENDING)).toBe(`${[MESSAGE, ...DETAILS].join('\n')}\n`);
  });

  test('leaves out what it does not know', () => {
    expect(text({ ...PENDING, nearest: undefined, remedies: [] })).toBe(
      `${[MESSAGE, ...DETAILS.slice(0, 3)].join('\n')}\n`,
    );
  });

  test('names all that the nearest node lacks', () => {
    const nearest = { node: 'n1', lacks: ['cpu: asks 2, has 1', 'memory: asks 2Gi, has 1Gi'] };
    expect(text({ ...PENDING, nearest })).toContain('n1 lacks cpu: asks 2, has 1; memory: asks 2Gi, has 1Gi\n');
  });

  test.each<[string, PlacementStatus, string]>([
    ['placed', PLACED, `placed on node-7 since ${dateText(PLACED_AT)} (5m ago)`],
    ['placed, the pod itself having changed since', bare('placed', 'it is on node-7'), 'it is on node-7'],
    ['waiting', WAITING, 'waiting: 2 of 4 pods of its gang are there'],
    ['ignored', bare('ignored', 'it is for the scheduler "other"'), 'it is for the scheduler "other"'],
    ['without any nodes', { ...bare('pending', 'no nodes available'), nodes: 0 }, 'no nodes available'],
  ])('is one line for a pod that is %s', (_what, status, line) => {
    expect(text(status)).toBe(`${line}\n`);
    expect(text(status, true)).toBe(`a: ${line}\n`);
  });
});

describe('why', () => {
  test('asks for the placement of the pod in the namespace', async () => {
    answer('a', PENDING);
    await why(session(), ['a'], {});
    expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${PODS}/a/placement`]);
    expect(server.out).toBe(`${[MESSAGE, ...DETAILS].join('\n')}\n`);
  });

  test('takes pod/NAME, and tells of several by name', async () => {
    answer('a', PENDING);
    answer('b', WAITING);
    await why(session(), ['pod/a', 'po/b'], {});
    expect(server.out).toBe(
      `${[`a: ${MESSAGE}`, ...DETAILS, '', 'b: waiting: 2 of 4 pods of its gang are there'].join('\n')}\n`,
    );
  });

  test('of several pods with one line each is one block', async () => {
    answer('a', WAITING);
    answer('b', WAITING);
    await why(session(), ['a', 'b'], {});
    expect(server.out.split('\n')).toHaveLength(3);
  });

  test('of an unknown pod fails in one line, after telling of the others', async () => {
    answer('b', WAITING);
    const refusal = 'pods "a" not found';
    const status = { kind: 'Status', reason: 'NotFound', message: refusal, code: 404 };
    server.answers.set(`GET ${PODS}/a/placement`, { code: 404, body: status });
    const asked = why(session(), ['a', 'b'], {});
    await expect(asked).rejects.toMatchObject({ message: `Error from server (NotFound): ${refusal}`, exitCode: 1 });
    expect(server.out).toBe('b: waiting: 2 of 4 pods of its gang are there\n');
  });

  test('-o json gives the object, and a list for several', async () => {
    answer('a', PENDING);
    answer('b', WAITING);
    await why(session(), ['a'], { output: 'json' });
    expect(JSON.parse(server.out)).toEqual(placement('a', PENDING));
    server.out = '';
    await why(session(), ['a', 'b'], { output: 'json' });
    expect(JSON.parse(server.out)).toMatchObject({ kind: 'List', items: [{ status: PENDING }, { status: WAITING }] });
  });

  test('-o yaml and -o jsonpath', async () => {
    answer('a', WAITING);
    await why(session(), ['a'], { output: 'yaml' });
    expect(server.out).toMatch(/^apiVersion: stowage.dev\/v1\nkind: Placement\n/);
    server.out = '';
    await why(session(), ['a'], { output: 'jsonpath={.status.state}' });
    expect(server.out).toBe('waiting');
  });

  test.each<[string, string[], { output?: string }, RegExp]>([
    ['no pod', [], {}, /say which pod/],
    ['another kind', ['deploy/web'], {}, /why explains pods, and "deploy\/web" is none/],
    ['half a name', ['pod/'], {}, /is not TYPE\/NAME/],
    ['-o name', ['a'], { output: 'name' }, /why takes -o json, yaml .* not "name"/],
    ['-o wide', ['a'], { output: 'wide' }, /not "wide"/],
  ])('%s is refused before anything is asked', async (_what, words, flags, message) => {
    const asked = why(session(), words, flags);
    await expect(asked).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
    expect(server.asked).toEqual([]);
  });

  test('is a command, with help', async () => {
    answer('a', WAITING);
    const command = clientCommands(async () => session()).find((each) => each.name() === 'why');
    expect(command?.helpInformation()).toMatch(/why \[options\] \[pod\.\.\.\]/);
    await command?.parseAsync(['a', '-o', 'jsonpath={.status.state}'], { from: 'user' });
    expect(server.out).toBe('waiting');
  });
});

describe('describe', () => {
  const pod = (spec: object, phase = 'Pending') => ({
    metadata: { name: 'a', namespace: 'default' },
    spec,
    status: { phase },
  });
  const told = async (body: object) => {
    server.answers.set(`GET ${PODS}/a`, { body });
    server.answers.set('GET /api/v1/namespaces/default/events', { body: { items: [] } });
    await describeObjects(session(), ['pod', 'a'], {});
    return server.out;
  };
  const askedWhy = () => server.asked.some(({ path }) => path.endsWith('/placement'));

  test('of a pending pod ends with why', async () => {
    answer('a', PENDING);
    const lines = (await told(pod({}))).split('\n');
    const at = lines.findIndex((line) => line.startsWith('Placement:'));
    expect(lines[at]).toMatch(/^Placement: +0\/15 nodes are available: /);
    expect(lines.slice(at + 1, at + 1 + DETAILS.length)).toEqual(DETAILS.map((line) => `  ${line}`));
    expect(lines[at + 1 + DETAILS.length]).toMatch(/^Events: +<none>/);
  });

  test('goes without where nobody can tell', async () => {
    expect(await told(pod({}))).not.toContain('Placement');
    expect(askedWhy()).toBe(true);
  });

  test.each([
    ['has a node', pod({ nodeName: 'n1' })],
    ['has ended', pod({}, 'Failed')],
  ])('does not ask for a pod that %s', async (_what, body) => {
    await told(body);
    expect(askedWhy()).toBe(false);
  });
});
