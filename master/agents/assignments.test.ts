import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { AssignmentOutbox } from './assignment-outbox.ts';
import { concernsAgent, type Instruction, type Lookup, NodeAssignments, referenceKey } from './assignments.ts';
import { referencesOf } from './references.ts';

const podOf = (name: string, secrets: readonly string[] = [], uid = `uid-${name}`): Pod => ({
  metadata: { namespace: 'n', name, uid },
  spec: {
    containers: [{ name: 'c', image: 'i' }],
    volumes: secrets.map((secret) => ({ name: secret, secret: { secretName: secret } })),
  } as Pod['spec'],
});
const secretOf = (name: string): ApiObject => ({ metadata: { namespace: 'n', name, uid: `uid-${name}` } });
const present: Lookup = ({ name }) => secretOf(name);
const text = (instruction: Instruction) =>
  instruction.type === 'upsert'
    ? `+${instruction.plural}/${instruction.object.metadata?.name}`
    : `-${instruction.plural}/${instruction.name}`;

/** An index as plain data. */
const indexOf = () => {
  const keys = new Set<string>();
  return { keys, needed: (key: string) => void keys.add(key), released: (key: string) => void keys.delete(key) };
};

describe('what an agent is told', () => {
  test('a secret comes before the first pod that needs it, and goes after the last', () => {
    const index = indexOf();
    const node = new NodeAssignments('a', index);
    expect(node.assign(podOf('p', ['s']), present).map(text)).toEqual(['+secrets/s', '+pods/p']);
    expect(node.assign(podOf('q', ['s']), present).map(text)).toEqual(['+pods/q']);
    expect([...index.keys]).toEqual(['secrets/n/s']);
    expect(node.withdraw(podOf('p')).map(text)).toEqual(['-pods/p']);
    expect(node.withdraw(podOf('q')).map(text)).toEqual(['-pods/q', '-secrets/s']);
    expect([...index.keys]).toEqual([]);
  });

  test('an object that does not exist yet is told of when it does', () => {
    const node = new NodeAssignments('a', indexOf());
    expect(node.assign(podOf('p', ['s']), () => undefined).map(text)).toEqual(['+pods/p']);
    expect(node.referenced('secrets', secretOf('s'), false, present).map(text)).toEqual(['+secrets/s']);
    expect(node.referenced('secrets', secretOf('s'), true, present).map(text)).toEqual(['-secrets/s']);
    expect(node.referenced('secrets', secretOf('other'), false, present)).toEqual([]);
  });

  test('the volume of a claim comes before the claim and goes with it, whenever it is bound', () => {
    const index = indexOf();
    const node = new NodeAssignments('a', index);
    const claimOf = (volumeName?: string): ApiObject =>
      ({ metadata: { namespace: 'n', name: 'c' }, spec: { volumeName } }) as ApiObject;
    let bound: string | undefined;
    const lookup: Lookup = ({ plural, name }) =>
      plural === 'persistentvolumes' ? { metadata: { name } } : plural === 'secrets' ? undefined : claimOf(bound);
    const pod = podOf('p');
    pod.spec!.volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }];
    const told = (volumeName?: string) =>
      node.referenced('persistentvolumeclaims', claimOf(volumeName), false, lookup).map(text);
    expect(node.assign(pod, lookup).map(text)).toEqual(['+persistentvolumeclaims/c', '+pods/p']);
    expect(told('v')).toEqual(['+persistentvolumes/v', '+persistentvolumeclaims/c']);
    expect(told('v')).toEqual(['+persistentvolumeclaims/c']);
    expect([...index.keys].sort()).toEqual(['persistentvolumeclaims/n/c', 'persistentvolumes//v']);
    expect(told('w')).toEqual(['+persistentvolumes/w', '-persistentvolumes/v', '+persistentvolumeclaims/c']);
    expect(node.withdraw(pod).map(text)).toEqual(['-pods/p', '-persistentvolumeclaims/c', '-persistentvolumes/w']);
    expect([...index.keys]).toEqual([]);
    bound = 'v';
    const all = node.assign(pod, lookup).map(text);
    expect(all).toEqual(['+persistentvolumes/v', '+persistentvolumeclaims/c', '+pods/p']);
  });

  test('a pod that follows another under its name is another pod', () => {
    const node = new NodeAssignments('a', indexOf());
    node.assign(podOf('p', [], 'one'), present);
    const instructions = node.assign(podOf('p', [], 'two'), present);
    expect(instructions[0]).toMatchObject({ type: 'removal', uid: 'one' });
    expect(instructions[1]).toMatchObject({ type: 'upsert' });
    // The end of the first, coming late, does not take the second away.
    expect(node.withdraw(podOf('p', [], 'one'))).toEqual([]);
  });

  test('after any sequence the agent holds exactly the pods assigned and what they refer to', () => {
    const step = fc.record({
      pod: fc.constantFrom('p', 'q', 'r'),
      uid: fc.constantFrom('1', '2'),
      secrets: fc.subarray(['s', 't', 'u']),
      leave: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const index = indexOf();
        const node = new NodeAssignments('a', index);
        const held = new Map<string, string>();
        const assigned = new Map<string, Pod>();
        for (const { pod: name, uid, secrets, leave } of steps) {
          const pod = podOf(name, secrets, uid);
          for (const instruction of leave ? node.withdraw(pod) : node.assign(pod, present)) apply(held, instruction);
          if (!leave) assigned.set(name, pod);
          else if (assigned.get(name)?.metadata?.uid === uid) assigned.delete(name);
        }
        const references = [...assigned.values()].flatMap(referencesOf);
        expect([...index.keys].sort()).toEqual([...new Set(references.map(referenceKey))].sort());
        const wanted = [
          ...[...assigned].map(([name, pod]) => `pods/${name}=${pod.metadata?.uid}`),
          ...new Set(references.map(({ name }) => `secrets/${name}=uid-${name}`)),
        ];
        expect([...held].map(([key, uid]) => `${key}=${uid}`).sort()).toEqual(wanted.sort());
      }),
    );
  });
});

/** An agent's memory: a pod is removed only when the uid is the one it holds. */
function apply(held: Map<string, string>, instruction: Instruction): void {
  if (instruction.type === 'upsert') {
    const { name, uid = '' } = instruction.object.metadata ?? {};
    held.set(`${instruction.plural}/${name}`, uid);
  } else {
    const key = `${instruction.plural}/${instruction.name}`;
    if (instruction.plural !== 'pods' || held.get(key) === instruction.uid) held.delete(key);
  }
}

describe('which changes of a pod its agent hears of', () => {
  const pod: Pod = { ...podOf('p'), status: { phase: 'Running' } };
  const changed = (change: (pod: Pod) => void) => {
    const next = structuredClone(pod);
    change(next);
    return concernsAgent(pod, next);
  };
  test('not of its own reports', () => {
    const pending: Pod = { ...pod, status: { phase: 'Pending' } };
    expect(concernsAgent(pending, pod)).toBe(false);
    expect(changed((next) => (next.metadata!.resourceVersion = '9'))).toBe(false);
    expect(changed((next) => (next.status!.podIP = '10.0.0.1'))).toBe(false);
  });
  test('of deletion, labels, spec, and of a phase set by others', () => {
    expect(changed((next) => (next.metadata!.deletionTimestamp = '2026-01-01T00:00:00Z'))).toBe(true);
    expect(changed((next) => (next.metadata!.labels = { a: 'b' }))).toBe(true);
    expect(changed((next) => (next.spec!.activeDeadlineSeconds = 5))).toBe(true);
    expect(changed((next) => (next.status!.phase = 'Failed'))).toBe(true);
  });
  test('of the conditions that its readiness gates name, and of no others', () => {
    const gated: Pod = { ...pod, spec: { ...pod.spec!, readinessGates: [{ conditionType: 'example.com/open' }] } };
    const said = (type: string, status: 'True' | 'False'): Pod => ({
      ...gated,
      status: { ...gated.status, conditions: [{ type, status }] },
    });
    expect(concernsAgent(gated, said('example.com/open', 'True'))).toBe(true);
    expect(concernsAgent(said('example.com/open', 'True'), said('example.com/open', 'False'))).toBe(true);
    expect(concernsAgent(said('example.com/open', 'True'), said('example.com/open', 'True'))).toBe(false);
    expect(concernsAgent(gated, said('example.com/other', 'True'))).toBe(false);
  });
});

describe('the outbox', () => {
  const outboxOf = () => {
    const made: string[] = [];
    const outbox = new AssignmentOutbox((object) => {
      made.push(object.metadata?.name ?? '');
      return JSON.stringify({ rv: object.metadata?.resourceVersion });
    });
    return { outbox, made };
  };
  const pod = (name: string, resourceVersion: string): Instruction => ({
    type: 'upsert',
    plural: 'pods',
    object: { metadata: { namespace: 'n', name, uid: name, resourceVersion } },
  });

  test('sends only the newest of each object, serialised when it is sent', () => {
    const { outbox, made } = outboxOf();
    for (let version = 1; version <= 100; version++) outbox.put([pod('p', String(version))]);
    expect(outbox.size).toBe(1);
    expect(made).toEqual([]);
    expect(outbox.take()?.upserts).toEqual([{ plural: 'pods', namespace: 'n', name: 'p', json: '{"rv":"100"}' }]);
    expect(outbox.take()).toBeUndefined();
  });

  test('keeps a secret in front of a pod that came to refer to it', () => {
    const { outbox } = outboxOf();
    outbox.put([pod('p', '1')]);
    outbox.put([{ type: 'upsert', plural: 'secrets', object: secretOf('s') }, pod('p', '2')]);
    expect(outbox.take()?.upserts.map(({ name }) => name)).toEqual(['s', 'p']);
  });

  test('the complete message holds every pod even where other objects must follow later', () => {
    const big = 'x'.repeat(1024 * 1024);
    const outbox = new AssignmentOutbox((object) => (object.metadata?.name === 'p' ? '{}' : big));
    const secrets = Array.from(
      { length: 60 },
      (_, i): Instruction => ({ type: 'upsert', plural: 'secrets', object: secretOf(`s${i}`) }),
    );
    outbox.put([...secrets, pod('p', '1')]);
    const complete = outbox.takeComplete();
    expect(complete.complete).toBe(true);
    expect(complete.upserts.some(({ plural }) => plural === 'pods')).toBe(true);
    let rest = 0;
    for (let message = outbox.take(); message; message = outbox.take()) {
      expect(message.complete).toBe(false);
      rest += message.upserts.length;
    }
    expect(complete.upserts.length + rest).toBe(61);
    expect(rest).toBeGreaterThan(0);
  });
});
