import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';
import type { Question } from 'dns-packet';
import type { Clock } from '../../platform/clock.ts';
import { encodeQuestion, isAnswerTo, MOST_MESSAGE_BYTES } from './wire.ts';

const PORT = 53;
/** Resolvers ask again after five seconds: by then there has been an answer, or two servers have been asked. */
const TRY_MS = 2_000;
const MOST_TRIES = 3;
const MOST_UNDER_WAY = 1_000;

export interface UpstreamParts {
  /** Addresses of the machine's own name servers, in the order in which they are asked; `192.0.2.53` or `192.0.2.53#5353`. */
  readonly servers: () => Promise<readonly string[]>;
  /** Where we ourselves answer: never asked. */
  readonly own: string;
  readonly clock: Clock;
  /** Uniform below 65,536, and not to be foreseen. */
  readonly drawId: () => number;
}

export type Transport = 'udp' | 'tcp';

/**
 * Asks the machine's name servers what the cell does not know, one after the other. Each question has a socket of its own, so that neither
 * its port nor its number can be guessed (RFC 5452). Owns how many are under way.
 */
export class Upstream {
  readonly #parts: UpstreamParts;
  #underWay = 0;

  constructor(parts: UpstreamParts) {
    this.#parts = parts;
  }

  /** The whole message of the first server that answers, with a number that is not the client's; undefined: none did. */
  async ask(question: Question, transport: Transport): Promise<Buffer | undefined> {
    if (this.#underWay >= MOST_UNDER_WAY) return undefined;
    this.#underWay++;
    try {
      const { own, drawId, clock } = this.#parts;
      const servers = (await this.#parts.servers()).map(serverAt).filter(({ address }) => address !== own);
      for (let tries = 0; tries < Math.min(Math.max(servers.length, 2), MOST_TRIES); tries++) {
        const server = servers[tries % servers.length];
        if (!server) return undefined;
        const id = drawId();
        const message = encodeQuestion(id, question);
        const isAnswer = (bytes: Buffer) => isAnswerTo(bytes, id, question);
        const exchange = transport === 'udp' ? askByUdp : askByTcp;
        const answer = await exchange(server, message, isAnswer, clock);
        if (answer) return answer;
      }
      return undefined;
    } finally {
      this.#underWay--;
    }
  }
}

interface Server {
  readonly address: string;
  readonly port: number;
}

function serverAt(text: string): Server {
  const [address = '', port] = text.split('#');
  return { address, port: port === undefined ? PORT : Number(port) };
}

/** What is no answer to the question is passed over: anybody can send it. */
function askByUdp(
  { address, port }: Server,
  message: Buffer,
  isAnswer: (bytes: Buffer) => boolean,
  clock: Clock,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const end = (answer: Buffer | undefined) => {
      timer.cancel();
      socket.removeAllListeners('message');
      socket.close();
      resolve(answer);
    };
    const timer = clock.setTimer(TRY_MS, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.on('message', (bytes) => isAnswer(bytes) && end(bytes));
    // Connected, the kernel lets nobody else in, and says when nobody is there.
    socket.connect(port, address, (error?: Error) => {
      if (error) end(undefined);
      else socket.send(message);
    });
  });
}

function askByTcp(
  { address, port }: Server,
  message: Buffer,
  isAnswer: (bytes: Buffer) => boolean,
  clock: Clock,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const reader = new MessageReader();
    const end = (answer: Buffer | undefined) => {
      timer.cancel();
      socket.destroy();
      resolve(answer);
    };
    const timer = clock.setTimer(TRY_MS, () => end(undefined));
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('data', (chunk) => {
      const [answer] = reader.take(chunk);
      if (answer) end(isAnswer(answer) ? answer : undefined);
    });
    socket.end(framed(message));
  });
}

/** Over TCP, each message comes after its length in two bytes (RFC 1035, 4.2.2). */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Math.min(message.length, MOST_MESSAGE_BYTES));
  return Buffer.concat([length, message]);
}

/** Puts together the messages of a TCP connection. Owns what has come of the next one: at most its 64 KiB and one chunk. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Messages that are complete now. */
  take(chunk: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    while (this.#rest.length >= 2) {
      const length = this.#rest.readUInt16BE(0);
      if (this.#rest.length < 2 + length) break;
      messages.push(this.#rest.subarray(2, 2 + length));
      this.#rest = this.#rest.subarray(2 + length);
    }
    return messages;
  }
}
