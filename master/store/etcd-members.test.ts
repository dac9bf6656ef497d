import { GRPCUnavailableError } from 'etcd3';
import { expect, test } from 'vitest';
import { EtcdMembers } from './etcd-members.ts';

const URLS = ['https://a', 'https://b', 'https://c'];

/** What the library does: it asks the members in any order until one takes the call. */
async function ask(members: EtcdMembers, answers: Readonly<Record<string, Error | string>>): Promise<unknown> {
  for (const url of [...URLS].reverse()) {
    let taken = false;
    const call = async () => {
      taken = true;
      const answer = answers[url];
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const answer = await members
      .policyOf(url)
      .execute(call)
      .catch((error: Error) => error);
    if (taken) return answer;
  }
  throw new Error('nobody was asked');
}

test('the first is asked as long as it answers, whatever it says of the request', async () => {
  const members = new EtcdMembers(URLS);
  expect(await ask(members, { 'https://a': 'yes' })).toBe('yes');
  expect(await ask(members, { 'https://a': new Error('etcdserver: requested lease not found') })).toBeInstanceOf(Error);
  expect(await ask(members, { 'https://a': 'yes' })).toBe('yes');
});

test.each([
  new GRPCUnavailableError('14 UNAVAILABLE: No connection established'),
  new Error('etcdserver: no leader'),
  new Error('etcdserver: request timed out'),
])('one that fails (%s) is left for the next, all around', async (failure) => {
  const members = new EtcdMembers(URLS);
  const failing = Object.fromEntries(URLS.map((url) => [url, failure]));
  expect(await ask(members, failing)).toBe(failure);
  expect(await ask(members, { ...failing, 'https://b': 'yes' })).toBe('yes');
  for (const _ of [1, 2]) await ask(members, failing);
  expect(await ask(members, { ...failing, 'https://a': 'yes' })).toBe('yes');
});
