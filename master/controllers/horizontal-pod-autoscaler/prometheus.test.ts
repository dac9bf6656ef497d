import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { eventually } from '../../../test/eventually.ts';
import { fetchJson } from './fetch-json.ts';
import { type FetchJson, PrometheusReader } from './prometheus.ts';

describe('metrics from Prometheus', () => {
  let server: Server;
  let answer: { code: number; body: string };
  let asked: string[];
  const clock = new ManualClock();
  const reader = (fetch: FetchJson = fetchJson) =>
    new PrometheusReader(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, fetch, clock);
  const known = async (of: PrometheusReader, query: string) => {
    of.ask(query);
    return eventually('an answer', () => {
      const found = of.ask(query);
      return found.state === 'pending' ? undefined : found;
    });
  };

  beforeEach(async () => {
    asked = [];
    const result = [
      { metric: { pod: 'a' }, value: [0, '1.5'] },
      { metric: { pod: 'b' }, value: [0, 'NaN'] },
    ];
    answer = { code: 200, body: JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }) };
    server = createServer((request, response) => {
      asked.push(decodeURIComponent(request.url ?? ''));
      response.writeHead(answer.code).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => server.close());

  test('are asked for once in a while, by their queries', async () => {
    const of = reader();
    expect(of.ask('sum by (pod) (x{a="b"})')).toEqual({ state: 'pending' });
    expect(await known(of, 'sum by (pod) (x{a="b"})')).toEqual({ state: 'known', values: new Map([['a', 1.5]]) });
    expect(asked).toEqual(['/api/v1/query?query=sum by (pod) (x{a="b"})']);
    await clock.advance(10_000);
    of.ask('sum by (pod) (x{a="b"})');
    await eventually('another question', () => asked.length === 2);
  });

  test.each([
    ['an error', 400, '{"status":"error","error":"parse error"}', 'parse error'],
    ['no JSON', 200, '<html>', 'cannot ask'],
    ['another kind of answer', 200, '{"status":"success","data":{"resultType":"scalar"}}', 'no vector'],
  ])('%s is told', async (_, code, body, message) => {
    answer = { code, body };
    expect(await known(reader(), 'x')).toMatchObject({ state: 'failed', message: expect.stringContaining(message) });
  });

  test('an old answer counts no longer', async () => {
    let silent = false;
    const of = reader((url, signal) => (silent ? new Promise(() => {}) : fetchJson(url, signal)));
    await known(of, 'x');
    silent = true;
    await clock.advance(61_000);
    expect(of.ask('x')).toEqual({ state: 'pending' });
  });
});
