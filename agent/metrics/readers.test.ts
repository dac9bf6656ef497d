import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import type { MasterAnswer } from '../master-call.ts';
import { Readers } from './readers.ts';

const MINUTE_MS = 60_000;

describe('who may read metrics by a token', () => {
  let clock: ManualClock;
  let readers: Readers;
  let asked: [string, object][];
  /** Absent: the master is away. */
  let users: Record<string, { username: string; groups: string[]; allowed: boolean }> | undefined;

  const answer = (status: object): MasterAnswer => ({ code: 201, text: '', value: { status } });
  const review = async (path: string, body: object): Promise<MasterAnswer> => {
    asked.push([path.split('/').at(-1)!, body]);
    if (!users) throw new Error('the master is away');
    const { token, user: name } = (body as { spec: { token?: string; user?: string } }).spec;
    if (token === undefined)
      return answer({ allowed: Object.values(users).find(({ username }) => username === name)?.allowed });
    const user = users[token];
    return answer(user ? { authenticated: true, user } : { error: 'invalid bearer token', user: {} });
  };

  beforeEach(() => {
    clock = new ManualClock();
    asked = [];
    users = {
      good: { username: 'prometheus', groups: ['scrapers'], allowed: true },
      idle: { username: 'somebody', groups: [], allowed: false },
    };
    readers = new Readers('n1', review, clock);
  });

  test.each([
    ['good', 200],
    ['idle', 403],
    ['wrong', 401],
  ])('a token that is %s: %i', async (token, code) => {
    expect(await readers.verdict(token)).toBe(code);
  });

  test('the master is told who and what', async () => {
    await readers.verdict('good');
    const resourceAttributes = { verb: 'get', version: 'v1', resource: 'nodes', subresource: 'metrics', name: 'n1' };
    expect(asked).toEqual([
      ['tokenreviews', { spec: { token: 'good' } }],
      ['subjectaccessreviews', { spec: { user: 'prometheus', groups: ['scrapers'], resourceAttributes } }],
    ]);
  });

  test('it is asked once for those who come together, and once a minute', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => readers.verdict('good')))).toEqual(Array(20).fill(200));
    await clock.advance(MINUTE_MS - 1);
    await readers.verdict('good');
    expect(asked).toHaveLength(2);
    users!.good!.allowed = false;
    await clock.advance(1);
    expect(await readers.verdict('good')).toBe(403);
  });

  test('while it is away, what it said counts for ten minutes', async () => {
    await readers.verdict('good');
    await readers.verdict('wrong');
    users = undefined;
    await clock.advance(9 * MINUTE_MS);
    expect(await Promise.all([readers.verdict('good'), readers.verdict('good')])).toEqual([200, 200]);
    expect(await readers.verdict('wrong')).toBe(401);
    await expect(readers.verdict('idle')).rejects.toThrow('the master is away');
    await clock.advance(MINUTE_MS);
    await expect(readers.verdict('good')).rejects.toThrow('the master is away');
    users = { good: { username: 'prometheus', groups: [], allowed: true } };
    expect(await readers.verdict('good')).toBe(200);
  });

  test('many tokens at once are not all asked about', async () => {
    const verdicts = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => readers.verdict(`guess ${at}`)));
    expect(verdicts.filter(({ status }) => status === 'rejected')).toHaveLength(4);
    expect(await readers.verdict('good')).toBe(200);
  });
});
