import * as dnsPacket from 'dns-packet';
import type { NameRecord } from './records.ts';

/** One question of a client, and the message it came in. */
export interface Query {
  readonly id: number;
  /** As it was asked; some look whether the answer repeats it to the letter. */
  readonly asked: dnsPacket.Question;
  /** In lower case, without a dot at its end. */
  readonly name: string;
  readonly type: string;
  /** The client asks for what others know, too. */
  readonly recursive: boolean;
  /** Most bytes that the client takes in one datagram. */
  readonly mostBytes: number;
  /** It speaks the extension mechanism (RFC 6891), and so does the answer. */
  readonly extended: boolean;
}

export type RefusalCode = 'FORMERR' | 'NOTIMP' | 'REFUSED' | 'SERVFAIL';

export type Parsed =
  | { readonly type: 'query'; readonly query: Query }
  | { readonly type: 'refuse'; readonly message: Buffer }
  /** No question at all; whoever answered might be answered for ever. */
  | { readonly type: 'ignore' };

const HEADER_BYTES = 12;
const RESPONSE_BIT = 0x80;
/** What every client takes over UDP (RFC 1035), and what passes through networks in one piece. */
const LEAST_DATAGRAM_BYTES = 512;
const MOST_DATAGRAM_BYTES = 1232;
export const MOST_MESSAGE_BYTES = 65_535;
/** Short, since endpoints come and go. */
const TTL_SECONDS = 5;

const CODES: Readonly<Record<RefusalCode | 'NXDOMAIN' | 'NOERROR', number>> = {
  ...{ NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 },
};

/** Takes any bytes. */
export function parseQuery(bytes: Buffer): Parsed {
  if (bytes.length < HEADER_BYTES || ((bytes[2] ?? 0) & RESPONSE_BIT) !== 0) return { type: 'ignore' };
  const opcode = ((bytes[2] ?? 0) >> 3) & 0xf;
  if (opcode !== 0) return { type: 'refuse', message: refusal(bytes, 'NOTIMP') };
  try {
    const packet = dnsPacket.decode(bytes);
    const [asked, ...more] = packet.questions ?? [];
    if (!asked || more.length > 0) return { type: 'refuse', message: refusal(bytes, 'FORMERR') };
    if (asked.class !== 'IN') return { type: 'refuse', message: refusal(bytes, 'REFUSED') };
    const option = packet.additionals?.find(({ type }) => type === 'OPT') as { udpPayloadSize?: number } | undefined;
    const mostBytes = Math.min(Math.max(option?.udpPayloadSize ?? 0, LEAST_DATAGRAM_BYTES), MOST_DATAGRAM_BYTES);
    const name = asked.name.toLowerCase().replace(/\.$/, '');
    const recursive = ((packet.flags ?? 0) & dnsPacket.RECURSION_DESIRED) !== 0;
    const about = { id: packet.id ?? 0, asked, name, type: asked.type, recursive };
    return { type: 'query', query: { ...about, mostBytes, extended: option !== undefined } };
  } catch {
    return { type: 'refuse', message: refusal(bytes, 'FORMERR') };
  }
}

/** An answer without records, to a message of which only the header need make sense. */
function refusal(bytes: Buffer, code: RefusalCode): Buffer {
  const message = Buffer.alloc(HEADER_BYTES);
  bytes.copy(message, 0, 0, 2);
  message[2] = RESPONSE_BIT | ((bytes[2] ?? 0) & 0x79);
  message[3] = CODES[code];
  return message;
}

export interface Reply {
  readonly code: RefusalCode | 'NXDOMAIN' | 'NOERROR';
  readonly answers: readonly dnsPacket.Answer[];
  readonly extra?: readonly dnsPacket.Answer[];
  /** The domain that is ours: where there is no answer, it says for how long that holds (RFC 2308). */
  readonly zone?: string;
}

/**
 * The message for a client, in as many bytes as it takes: of what does not fit, extra records go first; then answers, with the mark that
 * there are more, over TCP.
 */
export function encodeReply(query: Query, reply: Reply, mostBytes: number): Buffer {
  const whole = encode(query, reply, false);
  if (whole.length <= mostBytes) return whole;
  const bare = encode(query, { ...reply, extra: [] }, false);
  if (bare.length <= mostBytes) return bare;
  let [fits, tooMany] = [0, reply.answers.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    const part = encode(query, { ...reply, answers: reply.answers.slice(0, middle), extra: [] }, true);
    if (part.length <= mostBytes) fits = middle;
    else tooMany = middle;
  }
  return encode(query, { ...reply, answers: reply.answers.slice(0, fits), extra: [] }, true);
}

function encode(query: Query, { code, answers, extra = [], zone }: Reply, isCut: boolean): Buffer {
  const flags =
    CODES[code] |
    dnsPacket.RECURSION_AVAILABLE |
    (query.recursive ? dnsPacket.RECURSION_DESIRED : 0) |
    (zone ? dnsPacket.AUTHORITATIVE_ANSWER : 0) |
    (isCut ? dnsPacket.TRUNCATED_RESPONSE : 0);
  const isNegative = zone && answers.length === 0 && (code === 'NOERROR' || code === 'NXDOMAIN');
  return dnsPacket.encode({
    ...{ type: 'response', id: query.id, flags, questions: [query.asked], answers: [...answers] },
    authorities: isNegative ? [authority(zone)] : [],
    additionals: [...extra, ...(query.extended ? [EXTENSION] : [])],
  });
}

const EXTENSION = {
  ...{ type: 'OPT', name: '.', udpPayloadSize: MOST_DATAGRAM_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0 },
  ...{ flag_do: false, options: [] },
} as unknown as dnsPacket.Answer;

function authority(zone: string): dnsPacket.Answer {
  const times = { serial: 1, refresh: 7200, retry: 1800, expire: 86_400, minimum: TTL_SECONDS };
  return {
    type: 'SOA',
    name: zone,
    ttl: TTL_SECONDS,
    data: { mname: `ns.dns.${zone}`, rname: `hostmaster.${zone}`, ...times },
  };
}

/** As the library has it. */
export function toAnswer(record: NameRecord): dnsPacket.Answer {
  const { name } = record;
  if (record.type === 'SRV') {
    return { type: 'SRV', name, ttl: TTL_SECONDS, data: { ...record.data, priority: 0, weight: 100 } };
  }
  return { type: record.type, name, ttl: TTL_SECONDS, data: record.data };
}

/** A question of our own to other name servers. */
export const encodeQuestion = (id: number, question: dnsPacket.Question): Buffer =>
  dnsPacket.encode({ type: 'query', id, flags: dnsPacket.RECURSION_DESIRED, questions: [question] });

/** The message is an answer to this question. */
export function isAnswerTo(bytes: Buffer, id: number, { name, type }: dnsPacket.Question): boolean {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== id || ((bytes[2] ?? 0) & RESPONSE_BIT) === 0)
    return false;
  try {
    // The header says how many of what follow: of the question alone, no more has to be read.
    const head = Buffer.from(bytes);
    head.fill(0, 6, HEADER_BYTES);
    const [asked] = dnsPacket.decode(head).questions ?? [];
    return asked?.type === type && asked.name.toLowerCase() === name.toLowerCase();
  } catch {
    return false;
  }
}

/** Records of somebody else's answer; undefined where they cannot be read. `code`: as in its header. */
export function readAnswers(
  bytes: Buffer,
): { readonly code: number; readonly answers: dnsPacket.Answer[] } | undefined {
  try {
    return { code: (bytes[3] ?? 0) & 0xf, answers: dnsPacket.decode(bytes).answers ?? [] };
  } catch {
    return undefined;
  }
}
