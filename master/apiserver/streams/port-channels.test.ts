import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import type { TunnelFrame } from '../../../proto/messages.ts';
import type { AgentStreams, AgentTunnel, TunnelRequest } from '../../agents/streams.ts';
import type { ForwardTarget } from './forwarding.ts';
import { MessageQueue } from './message-queue.ts';
import { portsAskedFor, serveChannels } from './port-channels.ts';
import type { MessageSocket } from './websocket.ts';

const nothing = () => {};
const queue = <T>() => new MessageQueue<T>(nothing, nothing);

/** A port of the pod, and what has come to it. */
class HeldPort {
  readonly says = queue<TunnelFrame>();
  heard = '';
  closed = false;

  /** The last that an agent says. */
  ends(ok: boolean, message = ''): void {
    this.says.put({ frame: 'result', result: { ok, exitCode: 0, message } });
    this.says.end();
  }

  get tunnel(): AgentTunnel {
    return {
      write: async (frame) => {
        if (this.closed) throw new Error('closed');
        if (frame.frame === 'data') this.heard += Buffer.from(frame.data ?? []);
      },
      [Symbol.asyncIterator]: () => this.says[Symbol.asyncIterator](),
      close: () => {
        this.closed = true;
        this.says.end();
      },
    };
  }
}

/** Only ports 80 and 81 can be reached at all. */
class Ports implements AgentStreams {
  readonly 80 = new HeldPort();
  readonly 81 = new HeldPort();

  async open(_node: string, { portForward }: TunnelRequest): Promise<AgentTunnel> {
    const port = portForward?.port;
    if (port !== 80 && port !== 81) throw new Error('its agent is away');
    return this[port].tunnel;
  }
}

class Client implements MessageSocket {
  readonly messages = queue<Buffer>();
  readonly heard = new Map<number, string>();
  closed = false;

  async send(message: Uint8Array): Promise<void> {
    const [channel = -1] = message;
    this.heard.set(channel, (this.heard.get(channel) ?? '') + Buffer.from(message.subarray(1)).toString('latin1'));
  }

  close(): void {
    this.closed = true;
  }

  say(channel: number, text: string): void {
    this.messages.put(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
  }
}

describe('ports over channels', () => {
  let client: Client;
  let ports: Ports;
  let served: Promise<void>;
  const serve = (...asked: number[]) => {
    const pod = { namespace: 'shop', name: 'web', uid: 'u1' };
    const { signal } = new AbortController();
    const target: ForwardTarget = { streams: ports, nodeName: 'n1', pod, clock: systemClock, signal };
    served = serveChannels(client, asked, target);
  };
  const data = (text: string): TunnelFrame => ({ frame: 'data', data: Buffer.from(text) });

  beforeEach(() => {
    client = new Client();
    ports = new Ports();
  });

  test('each port has its two channels, which begin with its number', async () => {
    serve(80, 81);
    ports[80].says.put(data('from 80'));
    ports[81].says.put(data('from 81'));
    client.say(2, 'to 81');
    client.say(0, 'to 80');
    await expect.poll(() => [ports[80].heard, ports[81].heard]).toEqual(['to 80', 'to 81']);
    await expect.poll(() => client.heard.get(2)).toBe('\x51\0from 81');
    expect([0, 1, 3].map((channel) => client.heard.get(channel))).toEqual(['\x50\0from 80', '\x50\0', '\x51\0']);
  });

  test('a connection that is over leaves the others; after the last, goodbye is said', async () => {
    serve(80, 81);
    ports[80].ends(true);
    client.say(0, 'too late');
    client.say(2, 'in time');
    await expect.poll(() => ports[81].heard).toBe('in time');
    expect(client.closed).toBe(false);
    ports[81].ends(true);
    await expect.poll(() => client.closed).toBe(true);
    client.messages.end();
    await served;
  });

  test.each([
    ['nobody listens', 80, 'connection refused'],
    ['the node cannot be reached', 443, 'its agent is away'],
  ])('%s: the second channel tells', async (_what, port, fault) => {
    serve(port);
    ports[80].ends(false, 'connection refused');
    await expect.poll(() => client.closed).toBe(true);
    const number = String.fromCharCode(port & 255, port >> 8);
    expect(client.heard.get(1)).toBe(`${number}error forwarding port ${port} to pod web, uid : ${fault}`);
    expect(client.heard.get(0)).toBe(number);
  });

  test('a client that leaves takes all connections along, and messages without a channel mean nothing', async () => {
    serve(80, 81);
    for (const channel of [1, 3, 4, 255]) client.say(channel, 'x');
    client.messages.put(Buffer.alloc(0));
    client.messages.end();
    await served;
    await expect.poll(() => [ports[80].closed, ports[81].closed]).toEqual([true, true]);
    expect(ports[80].heard + ports[81].heard).toBe('');
  });
});

test.each([
  ['ports=8080', [8080]],
  ['ports=80&ports=81', [80, 81]],
  ['ports=80,81', [80, 81]],
  ['', /needs to know the ports/],
  ['ports=0', /"0" is not a port/],
  ['ports=65536', /"65536" is not a port/],
  ['ports=http', /"http" is not a port/],
  [`ports=${Array.from({ length: 65 }, (_, at) => at + 1)}`, /65 ports are too many/],
])('ports asked for by "%s"', (query, expected) => {
  const ask = () => portsAskedFor(new URLSearchParams(query));
  if (expected instanceof RegExp) expect(ask).toThrow(expected);
  else expect(ask()).toEqual(expected);
});
