import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { TunnelFrame } from '../../../proto/messages.ts';
import type { AgentStreams, AgentTunnel, TunnelRequest } from '../../agents/streams.ts';
import { startTestServer, type TestServer } from '../server.fixture.ts';
import { MessageQueue } from './message-queue.ts';

const PODS = '/api/v1/namespaces/default/pods';

/** An agent whose end of the newest tunnel the test holds. */
class HeldAgent implements AgentStreams {
  asked: { nodeName: string; request: TunnelRequest } | undefined;
  readonly heard: TunnelFrame[] = [];
  says = new MessageQueue<TunnelFrame>(
    () => {},
    () => {},
  );
  closed = false;

  async open(nodeName: string, request: TunnelRequest): Promise<AgentTunnel> {
    this.asked = { nodeName, request };
    return {
      write: async (frame) => void this.heard.push(frame),
      [Symbol.asyncIterator]: () => this.says[Symbol.asyncIterator](),
      close: () => {
        this.closed = true;
        this.says.end(new Error('closed'));
      },
    };
  }

  reset(): void {
    this.asked = undefined;
    this.closed = false;
    this.heard.length = 0;
    this.says = new MessageQueue<TunnelFrame>(
      () => {},
      () => {},
    );
  }
}

const agent = new HeldAgent();
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ streams: agent });
  await makePod('box', { running: {} });
  await makePod('ended', { terminated: { reason: 'Error', exitCode: 3 } });
  await makePod('waiting', { waiting: { reason: 'ImagePullBackOff' } });
  await server.send(`POST ${PODS}`, { body: pod('homeless') });
});
afterAll(() => server.stop());
beforeEach(() => agent.reset());

const pod = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: 'main', image: 'x:1' }] } });

async function makePod(name: string, state: object) {
  await server.send(`POST ${PODS}`, { body: pod(name) });
  await server.send(`POST ${PODS}/${name}/binding`, { body: { target: { kind: 'Node', name: 'n1' } } });
  const status = { name: 'main', image: 'x:1', imageID: '', ready: true, restartCount: 0, state };
  const reply = await server.send(`PATCH ${PODS}/${name}/status`, {
    body: { status: { containerStatuses: [status] } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(reply.code).toBe(200);
}

/** A client with all it has heard, by channel. */
async function dial(path: string, protocol: string) {
  const { certPem: cert, keyPem: key } = server.admin;
  const url = `${server.url.replace('https', 'wss')}${PODS}/${path}`;
  const socket = new WebSocket(url, protocol, { cert, key, ca: server.authority.certPem });
  const heard: string[] = [];
  socket.on('message', (data: Buffer) => {
    heard[data[0]!] = (heard[data[0]!] ?? '') + data.subarray(1);
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const say = (channel: number, text: string) => socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
  return { socket, heard, closed, say };
}

const QUERY = 'container=main&command=sh&command=-c&stdin=true&stdout=true&stderr=true';

test('a process talks to its client, and says how it ended', async () => {
  const client = await dial(`box/exec?${QUERY}`, 'v5.channel.k8s.io');
  expect(client.socket.protocol).toBe('v5.channel.k8s.io');
  expect(agent.asked).toMatchObject({
    nodeName: 'n1',
    request: { exec: { container: 'main', command: ['sh', '-c'], stdin: true, tty: false, attach: false } },
  });
  client.say(0, 'typed');
  client.say(4, '{"Width":80,"Height":24}');
  client.say(255, '\0');
  await expect.poll(() => agent.heard.map(({ frame }) => frame)).toEqual(['data', 'resize', 'end']);
  agent.says.put({ frame: 'data', data: Buffer.from('out') });
  agent.says.put({ frame: 'stderr', stderr: Buffer.from('err') });
  agent.says.put({ frame: 'result', result: { ok: true, exitCode: 7, message: '' } });
  await client.closed;
  expect(client.heard.slice(1, 3)).toEqual(['out', 'err']);
  expect(JSON.parse(client.heard[3]!)).toMatchObject({ details: { causes: [{ reason: 'ExitCode', message: '7' }] } });
});

test('a client that leaves takes its tunnel with it', async () => {
  const client = await dial(`box/attach?stdout=true`, 'v4.channel.k8s.io');
  expect(agent.asked?.request).toMatchObject({ exec: { attach: true, stdout: true, stderr: false } });
  client.socket.terminate();
  await expect.poll(() => agent.closed).toBe(true);
});

test('an agent that goes away is told of', async () => {
  const client = await dial(`box/exec?${QUERY}`, 'v4.channel.k8s.io');
  agent.says.end(new Error('the agent of node n1 went away'));
  await client.closed;
  expect(JSON.parse(client.heard[3]!)).toMatchObject({ status: 'Failure', code: 500, reason: 'InternalError' });
});

describe('before the connection changes its protocol', () => {
  test.each([
    ['no such pod', `absent/exec?${QUERY}`, 404],
    ['no such container', 'box/exec?container=other&command=x&stdout=true', 400],
    ['nothing to run', 'box/exec?stdout=true', 400],
    ['no streams', 'box/exec?command=x', 400],
    ['no place yet', `homeless/exec?${QUERY}`, 400],
    ['an end', `ended/exec?${QUERY}`, 400],
  ])('%s is an ordinary answer', async (_what, path, code) => {
    await expect(dial(path, 'v5.channel.k8s.io')).rejects.toThrow(`Unexpected server response: ${code}`);
    expect(agent.asked).toBeUndefined();
  });

  test.each([
    ['ended/exec', 'it has ended (Error, exit code 3)'],
    ['waiting/attach', 'it waits to start (ImagePullBackOff)'],
    ['box/exec', 'Upgrade request required'],
    ['box/portforward', 'pod is not running. Current status=Pending'],
  ])('%s by an ordinary request', async (path, message) => {
    for (const method of ['GET', 'POST']) {
      const reply = await server.send(`${method} ${PODS}/${path}?${QUERY}`);
      expect(reply.json).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(reply.json.message).toContain(message);
    }
  });

  test('a protocol that is not known', async () => {
    await expect(dial(`box/exec?${QUERY}`, 'v9.channel.k8s.io')).rejects.toThrow('Unexpected server response: 400');
  });

  test('a wish that nobody can fulfil is passed over', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'h2c' };
    expect((await server.send(`GET ${PODS}/box`, { headers })).json).toMatchObject({ kind: 'Pod' });
  });

  test('who may not', async () => {
    const person = await server.authority.issue({
      ...{ commonName: 'eve', organizations: [], usages: ['client'], validDays: 1 },
    });
    const reply = await server.send(`POST ${PODS}/box/exec?${QUERY}`, { as: person });
    expect(reply.json).toMatchObject({ code: 403 });
    expect(reply.json.message).toContain('cannot create resource "pods/exec"');
  });
});
