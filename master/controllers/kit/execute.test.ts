import { describe, expect, test } from 'vitest';
import { type ConfigMap, configMaps } from '../../../api/core/config-map.ts';
import { conflict, forbidden } from '../../../api/meta/errors.ts';
import type { EventNote } from '../../objects/events.ts';
import type { Objects } from '../../objects/objects.ts';
import { create, event, remove, update, updateStatus, wake } from './decision.ts';
import { execute } from './execute.ts';

const mapOf = (name: string): ConfigMap => ({
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '7' },
});
const note = (reason: string): EventNote => ({
  about: mapOf('a'),
  type: 'Normal',
  reason,
  message: 'said',
  component: 'tester',
});

/** Objects that take note of what is asked and answer with revisions 11, 12, ... or the given failure. */
function hands(failure?: (call: string) => Error | undefined) {
  const calls: string[] = [];
  const recorded: EventNote[] = [];
  let revision = 10;
  const call = (text: string) => {
    calls.push(text);
    const error = failure?.(text);
    if (error) throw error;
    revision++;
    return { metadata: { resourceVersion: String(revision) } };
  };
  const objects = {
    create: async (_resource, object) => call(`create ${object.metadata?.name}`),
    update: async (_resource, _namespace, name, _change, _context, options) =>
      call(`update ${name} ${options?.part} ${JSON.stringify(options?.preconditions)}`),
    delete: async (_resource, _namespace, name, _context, options) => ({
      object: call(`delete ${name} ${JSON.stringify(options)}`),
      gone: true,
    }),
  } as Objects;
  const events = { record: (given: EventNote) => recorded.push(given) };
  return { calls, recorded, hands: { objects, events, context: { user: 'tester' } } };
}

describe('execute', () => {
  test('carries each decision out, pinned to the object it was about, and says the newest revision', async () => {
    const { calls, recorded, hands: all } = hands();
    const result = await execute(
      [
        create(configMaps, mapOf('new'), { announce: note('Made') }),
        update(configMaps, mapOf('a'), () => {}),
        updateStatus(configMaps, mapOf('b'), () => {}, { exact: true }),
        remove(configMaps, mapOf('c'), { propagationPolicy: 'Foreground' }),
        event(note('Said')),
        wake(500),
        wake(200),
      ],
      all,
    );
    expect(calls.sort()).toEqual([
      'create new',
      'delete c {"propagationPolicy":"Foreground","preconditions":{"uid":"uid-c"}}',
      'update a main {"uid":"uid-a"}',
      'update b status {"uid":"uid-b","resourceVersion":"7"}',
    ]);
    expect(recorded.map(({ reason }) => reason).sort()).toEqual(['Made', 'Said']);
    expect(result).toEqual({ revision: 14, wakeAfterMs: 200, deposed: false, overtaken: false, errors: [] });
  });

  test('of many creations that are refused only the first is tried, and the reason is told', async () => {
    const refusal = forbidden(configMaps, 'x', 'exceeded quota');
    const { calls, recorded, hands: all } = hands((call) => (call.startsWith('create') ? refusal : undefined));
    const creations = ['a', 'b', 'c'].map((name) =>
      create(configMaps, mapOf(name), { announce: note('Made'), complain: note('NotMade') }),
    );
    const result = await execute([...creations, update(configMaps, mapOf('z'), () => {})], all);
    expect(calls.filter((call) => call.startsWith('create'))).toEqual(['create a']);
    expect(recorded.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'NotMade: said: configmaps "x" is forbidden: exceeded quota',
    ]);
    expect(result).toMatchObject({ revision: 11, overtaken: false, errors: [refusal] });
  });

  test('many leave room to others after the first few, and what is refused meanwhile is still heard of', async () => {
    const late = conflict(configMaps, 'late', 'it changed');
    const { calls, hands: all } = hands((call) => (call.startsWith('delete 0') ? late : undefined));
    const turns: (() => void)[] = [];
    const room = () => new Promise<void>((resolve) => turns.push(resolve));
    const done = execute(
      Array.from({ length: 20 }, (_, index) => remove(configMaps, mapOf(`${index}`), {})),
      { ...all, room },
    );
    for (let turn = 0; turn < 4; turn++) {
      expect([turn, calls.length]).toEqual([turn, 16 + turn]);
      turns.shift()?.();
      await new Promise(setImmediate);
    }
    expect(await done).toMatchObject({ overtaken: true, errors: [] });
    expect(calls).toHaveLength(20);
  });

  test('a write that came too late is no error, and its event is not recorded', async () => {
    const { recorded, hands: all } = hands(() => conflict(configMaps, 'a', 'it changed'));
    const decision = update(configMaps, mapOf('a'), () => {}, { announce: note('Changed') });
    expect(await execute([decision], all)).toMatchObject({ revision: 0, overtaken: true, errors: [] });
    expect(recorded).toEqual([]);
  });
});
