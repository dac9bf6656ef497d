import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { NetworkGuard, NetworkMember } from '../../proto/network.ts';
import { GuardBook } from './guard-book.ts';
import { placeOf } from './place.ts';
import { RuleTable } from './rule-table.ts';
import { NO_RULES, transaction, transition } from './rules.ts';
import { NetworkState } from './state.ts';

const range = (text: string) => parseIpv4Range(text)!;
const place = {
  ...{ place: placeOf('abcdefghij'), nodeName: 'here', pods: range('10.128.0.0/12') },
  ...{ ownPods: range('10.128.0.0/24'), services: range('10.144.0.0/16') },
};

const put = (kind: string, key: string, value: object) => ({ kind, key, json: JSON.stringify(value) });
const policy = (name: string, more: Partial<NetworkGuard>) =>
  put('policy', `team/${name}`, { namespace: 'team', name, pods: 'pods-web', ...more });
const member = (pod: string, group: string, address: string, port?: number) =>
  put('member', `${group}/team/${pod}`, { group, address, ...(port && { port }) } satisfies NetworkMember);

type Told = ReturnType<typeof put>;
const message = (upserts: Told[], removals: { kind: string; key: string }[] = []) => ({
  ...{ complete: false, more: false, settingsJson: '', upserts, removals },
});

/** Lines of the transaction after each change, without the table itself. */
function machine() {
  const state = new NetworkState();
  const book = new GuardBook(state);
  const table = new RuleTable([book]);
  book.use(place.ownPods);
  table.next(place)?.done();
  const take = (...args: Parameters<typeof message>) => {
    table.changed(book.changed(state.take(message(...args))!));
    const next = table.next(place);
    next?.done();
    return (next?.text ?? '').replaceAll(` ip ${place.place.table}`, '');
  };
  return { state, book, table, take };
}

test('what nobody lets pass is dropped, of pods that are here', () => {
  const { take } = machine();
  expect(take([policy('all', { ingress: [] })])).toBe('');
  expect(take([member('far', 'pods-web', '10.128.7.2')])).toBe('');
  expect(take([member('near', 'pods-web', '10.128.0.2')])).toBe(`add chain in-pod/10.128.0.2
add chain in-policy/team/all
add rule in-pod/10.128.0.2 jump in-policy/team/all
add rule in-pod/10.128.0.2 drop
add element guarded-in { 10.128.0.2 : goto in-pod/10.128.0.2 }
`);
  expect(
    take([], [{ kind: 'member', key: 'pods-web/team/near' }]),
  ).toBe(`delete element guarded-in { 10.128.0.2 : goto in-pod/10.128.0.2 }
flush chain in-pod/10.128.0.2
flush chain in-policy/team/all
delete chain in-pod/10.128.0.2
delete chain in-policy/team/all
`);
});

test('a pod that comes is one element', () => {
  const { take } = machine();
  const ingress = [{ group: 'pods-client', ports: [{ protocol: 'TCP', first: 80 } as const] }];
  take([policy('some', { ingress }), member('near', 'pods-web', '10.128.0.2')]);
  expect(take([member('c', 'pods-client', '10.128.7.2')])).toBe('add element group/pods-client { 10.128.7.2 }\n');
  // A new pod has the address before the old one is gone from the books.
  expect(take([member('d', 'pods-client', '10.128.7.2')])).toBe('');
  expect(take([], [{ kind: 'member', key: 'pods-client/team/c' }])).toBe('');
  expect(take([], [{ kind: 'member', key: 'pods-client/team/d' }])).toBe(
    'delete element group/pods-client { 10.128.7.2 }\n',
  );
});

test('what passes, in the words of the kernel', () => {
  const { take } = machine();
  const text = take([
    member('near', 'pods-web', '10.128.0.2'),
    policy('some', {
      ingress: [
        { block: '192.0.2.0/24', except: ['192.0.2.8/29', '192.0.2.64/26'] },
        {
          group: 'pods-a',
          ports: [{ protocol: 'TCP', first: 80 }, { protocol: 'TCP', first: 79, last: 90 }, { protocol: 'UDP' }],
        },
      ],
      egress: [{ target: { protocol: 'TCP', group: 'ports-b' } }, {}],
    }),
    member('b', 'ports-b', '10.128.7.3', 8080),
  ]);
  const rules = text.split('\n').filter((line) => line.includes('rule'));
  expect(rules).toEqual([
    'add rule in-pod/10.128.0.2 jump in-policy/team/some',
    'add rule in-pod/10.128.0.2 drop',
    'add rule out-pod/10.128.0.2 jump out-policy/team/some',
    'add rule out-pod/10.128.0.2 drop',
    'add rule in-policy/team/some ip saddr 192.0.2.0/24 ip saddr != { 192.0.2.8/29, 192.0.2.64/26 } accept',
    'add rule in-policy/team/some ip saddr @group/pods-a tcp dport { 79-90 } accept',
    'add rule in-policy/team/some ip saddr @group/pods-a meta l4proto udp accept',
    'add rule out-policy/team/some ip daddr . tcp dport @group/ports-b accept',
    'add rule out-policy/team/some accept',
  ]);
  expect(text).toContain('add set group/ports-b { type ipv4_addr . inet_service; }');
  expect(text).toContain('add element group/ports-b { 10.128.7.3 . 8080 }');
});

test('changes lead to the same rules as beginning anew', () => {
  const group = fc.constantFrom('pods-a', 'pods-b', 'ports-c');
  const pass = fc.oneof(
    fc.record({ group: fc.constantFrom('pods-a', 'pods-b') }),
    fc.constant({ target: { protocol: 'TCP' as const, group: 'ports-c' } }),
  );
  const rules = fc.option(fc.array(pass, { maxLength: 2 }), { nil: undefined });
  const guard = fc.record({
    name: fc.constantFrom('p', 'q'),
    pods: fc.constantFrom('pods-a', 'pods-b'),
    ingress: rules,
    egress: rules,
  });
  const policies = guard.map(({ name, ...more }) => policy(name, more));
  const address = fc.constantFrom('10.128.0.2', '10.128.0.3', '10.128.7.2');
  const members = fc
    .tuple(fc.constantFrom('x', 'y'), group, address)
    .map(([pod, of, ip]) => member(pod, of, ip, of === 'ports-c' ? 80 : undefined));
  const change = fc.record({ told: fc.oneof(policies, members), gone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      const { state, book, take } = machine();
      for (const { told, gone } of changes) gone ? take([], [told]) : take([told]);
      const anew = new GuardBook(state);
      anew.use(place.ownPods);
      const all = (of: GuardBook) =>
        [...new Set(of.keys())]
          .sort()
          .flatMap((key) => transaction([transition('t', NO_RULES, of.rulesOf(key) ?? NO_RULES)]) || []);
      expect(all(book)).toEqual(all(anew));
    }),
    { numRuns: 500 },
  );
});

test('a pod that starts is guarded before the master knows of it, and as the master says from then on', () => {
  const { book, table, take } = machine();
  const selector = { matchLabels: { app: 'web' } };
  take([
    policy('all', { selector, ingress: [] }),
    policy('others', { selector: { matchLabels: { app: 'x' } }, pods: 'pods-x', egress: [] }),
  ]);
  const start = (labels: Record<string, string>, namespace = 'team') => {
    table.changed(book.expect('10.128.0.2', { namespace, labels }));
    const next = table.next(place);
    next?.done();
    return (next?.text ?? '').replaceAll(` ip ${place.place.table}`, '');
  };
  expect(start({ app: 'web' }, 'elsewhere')).toBe('');
  expect(start({ app: 'web' })).toContain('guarded-in { 10.128.0.2 : goto in-pod/10.128.0.2 }');
  expect(start({ app: 'web' })).toBe('');
  // The master says the same: nothing changes; then that it is so no longer.
  expect(take([member('near', 'pods-web', '10.128.0.2')])).toBe('');
  expect(take([], [{ kind: 'member', key: 'pods-web/team/near' }])).toContain('delete element guarded-in');
  // Another pod has the address of one that ended before the master knew.
  expect(start({ app: 'web' })).toContain('add element guarded-in');
  expect(start({ app: 'x' })).toMatch(/delete element guarded-in.*\nadd element guarded-out/);
  expect(take([], [{ kind: 'policy', key: 'team/others' }])).toContain('delete element guarded-out');
});
