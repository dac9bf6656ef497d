import { beforeEach, expect, test } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { Life } from '../time/life.ts';
import { Timeline } from '../time/timeline.ts';
import type { Connection } from './connection.ts';
import { Network } from './network.ts';

let timeline: Timeline;
let network: Network;
let lives: Record<'a' | 'b', Life>;
let heard: string[];
let connection: Connection;

beforeEach(() => {
  timeline = new Timeline();
  network = new Network(timeline, seededRng(1));
  lives = { a: new Life('a', timeline), b: new Life('b', timeline) };
  heard = [];
  const end = (host: 'a' | 'b') => ({
    ...{ host, life: lives[host] },
    received: (message: unknown) => heard.push(`${host} hears ${message}`),
    lost: (reason: Error) => heard.push(`${host} lost it: ${reason.message}`),
  });
  connection = network.connect([end('a'), end('b')]);
});

test('messages come in order, and a goodbye after all of them', async () => {
  for (let n = 1; n <= 20; n += 1) connection.send(0, n);
  connection.close(0);
  connection.send(0, 'too late');
  await timeline.run(1_000);
  expect(heard).toEqual([
    ...Array.from({ length: 20 }, (_, n) => `b hears ${n + 1}`),
    'b lost it: the other side has gone',
  ]);
  expect(network.connections).toBe(0);
});

test('what is sent while the way is cut arrives when it is free again, whichever direction was cut', async () => {
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    network.cut(from, to);
    connection.send(0, from);
    await timeline.run(timeline.nowMs + 5_000);
    expect(heard).toEqual([]);
    network.heal(from, to);
    await timeline.run(timeline.nowMs + 10);
    expect(heard.splice(0)).toEqual([`b hears ${from}`]);
  }
});

test('both ends learn of a silence that lasts', async () => {
  network.cut('a', 'b');
  connection.send(0, 'nothing');
  await timeline.run(30_000);
  const lost = 'lost it: nothing was heard for too long';
  expect(heard).toEqual([`a ${lost}`, `b ${lost}`]);
});

test('who dies says goodbye, unless nothing gets out', async () => {
  lives.a.end();
  await timeline.run(10);
  expect(heard.splice(0)).toEqual(['b lost it: the other side has gone']);
});

test('who loses power says nothing', async () => {
  network.isolate('a', 'b');
  lives.a.end();
  await timeline.run(10_000);
  expect(heard).toEqual([]);
  await timeline.run(30_000);
  expect(heard).toEqual(['b lost it: nothing was heard for too long']);
});
