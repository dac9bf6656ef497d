import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../api/meta/errors.ts';
import type { TunnelFrame } from '../../proto/messages.ts';
import type { AgentStreams, TunnelRequest } from '../agents/streams.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

const NS = '/api/v1/namespaces/default';
const data = (text: string): TunnelFrame => ({ frame: 'data', data: Buffer.from(text) });
const result = (ok: boolean, message = ''): TunnelFrame => ({ frame: 'result', result: { ok, exitCode: 0, message } });

/** Agents that say what the test told them to. */
class ScriptedAgents implements AgentStreams {
  frames: TunnelFrame[] = [];
  fault: Error | undefined;
  asked: { nodeName: string; request: TunnelRequest } | undefined;
  /** After the frames, say nothing until the tunnel is closed. */
  hang = false;
  closed = false;
  #onClose = () => {};

  async open(nodeName: string, request: TunnelRequest) {
    this.asked = { nodeName, request };
    this.closed = false;
    if (this.fault) throw this.fault;
    const closing = new Promise<void>((resolve) => (this.#onClose = resolve));
    const { frames, hang } = this;
    return {
      write: () => Promise.reject(new Error('a log takes no input')),
      async *[Symbol.asyncIterator]() {
        yield* frames;
        if (!hang) return;
        await closing;
        throw new Error('the tunnel was closed');
      },
      close: () => {
        this.closed = true;
        this.#onClose();
      },
    };
  }
}

const agents = new ScriptedAgents();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ streams: agents });
  await makePod('talker', ['main']);
  await makePod('pair', ['main', 'side'], ['setup']);
  await makePod('waiting', ['main'], [], { waiting: { reason: 'ErrImagePull' } });
  await server.send(`POST ${NS}/pods`, { body: pod('homeless', ['main']) });
});
afterAll(() => server.stop());
beforeEach(() => {
  agents.frames = [data('one\n'), data('two\n'), result(true)];
  agents.fault = undefined;
  agents.hang = false;
  agents.asked = undefined;
});

const pod = (name: string, containers: string[], initContainers: string[] = []) => ({
  metadata: { name },
  spec: {
    containers: containers.map((container) => ({ name: container, image: 'x:1' })),
    initContainers: initContainers.map((container) => ({ name: container, image: 'x:1' })),
  },
});

async function makePod(
  name: string,
  containers: string[],
  initContainers: string[] = [],
  state: object = { running: {} },
) {
  await server.send(`POST ${NS}/pods`, { body: pod(name, containers, initContainers) });
  await server.send(`POST ${NS}/pods/${name}/binding`, { body: { target: { kind: 'Node', name: 'n1' } } });
  const containerStatuses = containers.map((container) => ({
    ...{ name: container, image: 'x:1', imageID: '', ready: true, restartCount: 0 },
    state,
  }));
  const reply = await server.send(`PATCH ${NS}/pods/${name}/status`, {
    body: { status: { containerStatuses } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(reply.code).toBe(200);
}

describe('logs', () => {
  test('come from the agent of the pod, as text', async () => {
    const reply = await server.send(
      `GET ${NS}/pods/talker/log?tailLines=5&timestamps=true&sinceTime=2024-01-02T03:04:05Z`,
    );
    expect([reply.code, reply.text]).toEqual([200, 'one\ntwo\n']);
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
    expect(agents.asked?.nodeName).toBe('n1');
    expect(agents.asked?.request.log).toMatchObject({
      pod: { namespace: 'default', name: 'talker', uid: expect.stringMatching(/-/) },
      container: 'main',
      tailLines: 5,
      timestamps: true,
      follow: false,
      previous: false,
      sinceMs: Date.parse('2024-01-02T03:04:05Z'),
    });
    expect(agents.closed).toBe(true);
  });

  test('that are followed end when the client leaves', async () => {
    agents.frames = [data('begin\n')];
    agents.hang = true;
    const message = await server.open(`${NS}/pods/talker/log?follow=true`);
    const [chunk] = (await message.take(1).toArray()) as Buffer[];
    expect(String(chunk)).toBe('begin\n');
    message.destroy();
    await expect.poll(() => agents.closed).toBe(true);
  });

  test('that break off do not look whole', async () => {
    agents.frames = [data('half'), result(false, 'the disk is full')];
    const message = await server.open(`${NS}/pods/talker/log`);
    await expect(message.toArray()).rejects.toThrow(/aborted/);
  });

  test('of a pod without a node are empty', async () => {
    const reply = await server.send(`GET ${NS}/pods/homeless/log`);
    expect([reply.code, reply.text, agents.asked]).toEqual([200, '', undefined]);
  });

  test.each<[string, string, number, RegExp]>([
    [
      'which container?',
      'pair/log',
      400,
      /must be specified for pod pair, choose one of: \[main side\] or one of the init containers: \[setup\]/,
    ],
    ['no such container', 'pair/log?container=other', 400, /container other is not valid for pod pair/],
    ['not started', 'waiting/log', 400, /container "main" in pod "waiting" is waiting to start: image can't be pulled/],
    [
      'no earlier run',
      'talker/log?previous=true',
      400,
      /previous terminated container "main" in pod "talker" not found/,
    ],
    ['no such pod', 'absent/log', 404, /pods "absent" not found/],
    ['bad number', 'talker/log?tailLines=-1', 422, /tailLines: Invalid value: -1/],
    ['two beginnings', 'talker/log?sinceSeconds=5&sinceTime=2024-01-02T03:04:05Z', 422, /at most one of/],
    ['bad time', 'talker/log?sinceTime=yesterday', 400, /"yesterday" is not an RFC 3339 time/],
  ])('%s', async (_what, path, code, message) => {
    const reply = await server.send(`GET ${NS}/pods/${path}`);
    expect(reply.json).toMatchObject({ kind: 'Status', code, message: expect.stringMatching(message) });
  });

  test('that the agent refuses are refused', async () => {
    agents.frames = [result(false, 'container "main" has no log yet')];
    const refused = await server.send(`GET ${NS}/pods/talker/log`);
    expect(refused.json).toMatchObject({ code: 400, message: 'container "main" has no log yet' });
    agents.fault = new ApiError(503, 'ServiceUnavailable', 'node n1 is not connected');
    expect((await server.send(`GET ${NS}/pods/talker/log`)).json).toMatchObject({ code: 503 });
  });
});
