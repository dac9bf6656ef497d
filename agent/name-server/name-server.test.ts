import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import * as dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { seededRng } from '../../platform/rng.ts';
import { answer } from './answer.ts';
import { bookOf, SAMPLE } from './cell.fixture.ts';
import { NameServer } from './name-server.ts';
import { framed } from './upstream.ts';

const many = Array.from({ length: 60 }, (_, at) => ({ address: `10.128.2.${at + 1}` }));
const { book } = bookOf({
  ...SAMPLE,
  services: [...(SAMPLE.services ?? []), { namespace: 'team', name: 'many', ports: [] }],
  slices: [...(SAMPLE.slices ?? []), { namespace: 'team', service: 'many', ports: [], endpoints: many }],
});
let outside: Socket;
let server: NameServer;

/** Answers `shop.example`, with a wrong number first; and nobody else. */
beforeAll(async () => {
  outside = createSocket('udp4');
  outside.on('message', (bytes, { address, port }) => {
    const { id = 0, questions = [] } = dnsPacket.decode(bytes);
    const [question] = questions;
    const data = '192.0.2.7';
    const records = question?.name === 'shop.example' && question.type === 'A';
    const answers = records ? [{ type: 'A' as const, name: 'shop.example', ttl: 60, data }] : [];
    const reply = (as: number) =>
      dnsPacket.encode({ type: 'response', id: as, questions, answers, flags: records ? 0 : 3 });
    outside.send(reply((id + 1) % 65_536), port, address);
    outside.send(reply(id), port, address);
  });
  await new Promise<void>((resolve) => outside.bind(0, '127.0.0.1', resolve));
  const servers = async () => ['127.0.0.1#1', `127.0.0.1#${outside.address().port}`];
  const own = { address: '127.0.0.9', port: 0 };
  server = new NameServer({ book, ...own, servers, clock: systemClock, rng: seededRng(1) });
  await server.start();
});

afterAll(async () => {
  await server.stop();
  outside.close();
});

const question = (name: string, type: dnsPacket.RecordType = 'A', more: object = {}) =>
  dnsPacket.encode({ type: 'query', id: 4711, flags: 256, questions: [{ type, name }], ...more });

function byUdp(message: Buffer): Promise<dnsPacket.DecodedPacket & { bytes: number }> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('message', (bytes) => {
      socket.close();
      resolve({ ...dnsPacket.decode(bytes), bytes: bytes.length });
    });
    socket.send(message, server.port!, '127.0.0.9');
  });
}

function byTcp(...messages: Buffer[]): Promise<dnsPacket.DecodedPacket[]> {
  return new Promise((resolve) => {
    const socket = connect(server.port!, '127.0.0.9');
    const answers: dnsPacket.DecodedPacket[] = [];
    let all: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      all = Buffer.concat([all, chunk]);
      while (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) {
        answers.push(dnsPacket.streamDecode(all) as dnsPacket.DecodedPacket);
        all = all.subarray(2 + all.readUInt16BE(0));
      }
      if (answers.length < messages.length) return;
      socket.destroy();
      resolve(answers);
    });
    // In pieces, as a network may bring them.
    const bytes = Buffer.concat(messages.map(framed));
    socket.write(bytes.subarray(0, 5));
    socket.write(bytes.subarray(5));
  });
}

const addresses = ({ answers = [] }: dnsPacket.DecodedPacket) =>
  answers.map((each) => ('data' in each ? each.data : ''));

test('the question comes back to the letter, with the answer', async () => {
  const reply = await byUdp(question('Web.Team.svc.cluster.LOCAL'));
  expect(reply).toMatchObject({
    id: 4711,
    type: 'response',
    rcode: 'NOERROR',
    flag_aa: true,
    flag_ra: true,
    flag_rd: true,
  });
  expect(reply.questions).toEqual([{ name: 'Web.Team.svc.cluster.LOCAL', type: 'A', class: 'IN' }]);
  expect(reply.answers).toMatchObject([{ name: 'Web.Team.svc.cluster.LOCAL', ttl: 5, data: '10.144.0.9' }]);
});

test('no such name, and nothing of the kind, hold for a while', async () => {
  const absent = await byUdp(question('none.team.svc.cluster.local'));
  expect(absent).toMatchObject({
    rcode: 'NXDOMAIN',
    answers: [],
    authorities: [{ type: 'SOA', name: 'cluster.local' }],
  });
  const empty = await byUdp(question('web.team.svc.cluster.local', 'AAAA'));
  expect(empty).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: [{ type: 'SOA', data: { minimum: 5 } }] });
});

test('what one datagram cannot hold is cut, and whole over TCP', async () => {
  const cut = await byUdp(question('many.team.svc.cluster.local'));
  expect(cut.flag_tc).toBe(true);
  expect(cut.bytes).toBeLessThanOrEqual(512);
  expect(cut.answers?.length).toBeGreaterThan(5);
  const option = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] };
  const longer = await byUdp(question('many.team.svc.cluster.local', 'A', { additionals: [option] }));
  expect(longer.bytes).toBeGreaterThan(512);
  expect(longer.bytes).toBeLessThanOrEqual(1232);
  expect(longer.additionals).toMatchObject([{ type: 'OPT' }]);
  const [whole, next] = await byTcp(question('many.team.svc.cluster.local'), question('web.team.svc.cluster.local'));
  expect(addresses(whole!).sort()).toEqual(many.map(({ address }) => address).sort());
  expect(addresses(next!)).toEqual(['10.144.0.9']);
});

test('others are asked, one after the other, and believed only where they answer what was asked', async () => {
  expect(addresses(await byUdp(question('shop.example')))).toEqual(['192.0.2.7']);
  expect(await byUdp(question('none.example'))).toMatchObject({ id: 4711, rcode: 'NXDOMAIN' });
  expect(await byUdp(question('shop.example', 'UNKNOWN_65' as 'A'))).toMatchObject({ id: 4711, rcode: 'NXDOMAIN' });
  expect((await byTcp(question('shop.example')))[0]).toMatchObject({ rcode: 'SERVFAIL' });
});

test('an alias comes with what it leads to', async () => {
  const reply = await byUdp(question('shop.team.svc.cluster.local'));
  expect(addresses(reply)).toEqual(['shop.example', '192.0.2.7']);
  expect(addresses(await byUdp(question('alias.team.svc.cluster.local')))).toEqual([
    'web.team.svc.cluster.local',
    '10.144.0.9',
  ]);
  expect(await byUdp(question('loop.team.svc.cluster.local'))).toMatchObject({ rcode: 'SERVFAIL' });
});

test.each([
  ['another operation', { flags: 0x2000 }, 'NOTIMP'],
  [
    'two questions',
    {
      questions: [
        { type: 'A' as const, name: 'a' },
        { type: 'A' as const, name: 'b' },
      ],
    },
    'FORMERR',
  ],
  ['another class', { questions: [{ type: 'A' as const, name: 'a', class: 'CH' as const }] }, 'REFUSED'],
])('%s is refused', async (_what, more, code) => {
  expect(await byUdp(question('web.team.svc.cluster.local', 'A', more))).toMatchObject({ id: 4711, rcode: code });
});

test('no bytes bring it down, and answers are not answered', async () => {
  const parts = { book, askOthers: async () => undefined, draw: () => 0 };
  const whole = question('_sql._tcp.db.team.svc.cluster.local', 'SRV');
  const changed = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }).map((places) => {
    const bytes = Buffer.from(whole);
    for (const [at, value] of places) bytes[at] = value;
    return bytes;
  });
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    changed,
  );
  await fc.assert(
    fc.asyncProperty(any, fc.boolean(), async (bytes, udp) => {
      const reply = await answer(bytes, udp ? 'udp' : 'tcp', parts);
      const isAnswer = bytes.length >= 12 && (bytes[2]! & 0x80) !== 0;
      if (isAnswer || bytes.length < 12) expect(reply).toBeUndefined();
      else expect(reply?.subarray(0, 2)).toEqual(bytes.subarray(0, 2));
      if (udp && reply) expect(reply.length).toBeLessThanOrEqual(1232);
    }),
    { numRuns: 2_000 },
  );
});
