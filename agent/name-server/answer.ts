import type { Answer, Question } from 'dns-packet';
import type { NameBook } from './name-book.ts';
import { lookUp, type NameRecord } from './records.ts';
import type { Transport } from './upstream.ts';
import { encodeReply, MOST_MESSAGE_BYTES, parseQuery, type Query, type Reply, readAnswers, toAnswer } from './wire.ts';

export interface AnswerParts {
  readonly book: NameBook;
  /** Asks others; undefined: nobody answered. */
  readonly askOthers: (question: Question, transport: Transport) => Promise<Buffer | undefined>;
  /** Uniform integer in [0, n): answers take turns at being first. */
  readonly draw: (n: number) => number;
}

/** An alias of an alias of an alias is somebody's mistake. */
const MOST_ALIASES = 8;

/** What a client gets for these bytes; undefined: nothing. At once, where the cell knows. Never throws. */
export function answer(
  bytes: Buffer,
  transport: Transport,
  parts: AnswerParts,
): Buffer | undefined | Promise<Buffer | undefined> {
  const parsed = parseQuery(bytes);
  if (parsed.type === 'ignore') return undefined;
  if (parsed.type === 'refuse') return parsed.message;
  const { query } = parsed;
  const mostBytes = transport === 'udp' ? query.mostBytes : MOST_MESSAGE_BYTES;
  const zone = zoneOf(query.name, parts.book);
  const found = lookUp(parts.book, query.name, query.type);
  const reply = (what: Reply) => encoded(query, what, mostBytes);
  if (found.type === 'absent') return reply({ code: 'NXDOMAIN', answers: [], zone });
  if (found.type === 'found') {
    const answers = turned(found.answers, parts.draw).map((record) => toAnswer(asAsked(record, query)));
    return reply({ code: 'NOERROR', answers, extra: found.extra?.map(toAnswer), zone });
  }
  if (found.type === 'alias') return followed(query, found.target, transport, parts).then(reply);
  return forwarded(query, transport, parts).then((message) => message ?? reply({ code: 'SERVFAIL', answers: [] }));
}

function encoded(query: Query, reply: Reply, mostBytes: number): Buffer | undefined {
  try {
    return encodeReply(query, reply, mostBytes);
  } catch {
    // A name that is too long to be written: only somebody's alias could be.
    return reply.answers.length > 0 ? encoded(query, { code: 'SERVFAIL', answers: [] }, mostBytes) : undefined;
  }
}

const zoneOf = (name: string, { domains: { cluster, cell } }: NameBook): string =>
  name === cluster || name.endsWith(`.${cluster}`)
    ? cluster
    : name === cell || name.endsWith(`.${cell}`)
      ? cell
      : 'in-addr.arpa';

/** With the letters of the question. */
const asAsked = (record: NameRecord, { asked, name }: Query): NameRecord =>
  record.name === name ? { ...record, name: asked.name } : record;

function turned<T>(items: readonly T[], draw: (n: number) => number): readonly T[] {
  if (items.length < 2) return items;
  const first = draw(items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/** Others' answer as it came, with the client's number. */
async function forwarded(
  { id, asked }: Query,
  transport: Transport,
  { askOthers }: AnswerParts,
): Promise<Buffer | undefined> {
  const message = await askOthers(asked, transport);
  message?.writeUInt16BE(id, 0);
  return message;
}

/** The alias, and what it leads to: clients in pods do not ask on by themselves. */
async function followed(
  { asked, type }: Query,
  first: string,
  transport: Transport,
  parts: AnswerParts,
): Promise<Reply> {
  const answers: Answer[] = [];
  let [name, target] = [asked.name, first];
  for (let aliases = 0; aliases < MOST_ALIASES; aliases++) {
    answers.push(toAnswer({ name, type: 'CNAME', data: target }));
    if (type === 'CNAME') return { code: 'NOERROR', answers };
    const found = lookUp(parts.book, target, type);
    if (found.type === 'absent') return { code: 'NXDOMAIN', answers };
    if (found.type === 'found') return { code: 'NOERROR', answers: [...answers, ...found.answers.map(toAnswer)] };
    if (found.type === 'foreign') return { ...(await others(target, type, transport, parts, answers)) };
    [name, target] = [target, found.target];
  }
  return { code: 'SERVFAIL', answers: [] };
}

async function others(
  name: string,
  type: string,
  transport: Transport,
  { askOthers }: AnswerParts,
  before: readonly Answer[],
): Promise<Reply> {
  const message = await askOthers({ name, type: type as Question['type'], class: 'IN' }, transport);
  const read = message && readAnswers(message);
  if (!read) return { code: 'SERVFAIL', answers: [] };
  const code = read.code === 0 ? 'NOERROR' : read.code === 3 ? 'NXDOMAIN' : 'SERVFAIL';
  return { code, answers: [...before, ...read.answers] };
}
