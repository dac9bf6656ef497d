import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode } from '../decode.ts';
import { equalJson, type JsonObject } from '../json.ts';
import { crates } from '../sample.suite.ts';
import { compare } from './compare.ts';
import { configurationFaults } from './configuration.ts';
import { applied, configurations, fieldSets, LATER, made, unborn } from './crate.arbitrary.suite.ts';
import {
  difference,
  equalSets,
  type FieldSet,
  intersection,
  isEmptySet,
  NO_FIELDS,
  parseFieldSet,
  pathsOf,
  setOf,
  union,
} from './field-set.ts';
import { fieldsOf, hasWholeFields, withStructs } from './fields-of.ts';
import { type ManagedFields, readManagers, writeManagers } from './managers.ts';
import { mergeConfiguration } from './merge.ts';
import { ownable, ownershipAfterUpdate } from './ownership.ts';
import { extractFields, removeFields } from './prune.ts';

const { schema } = crates;
const text = (set: FieldSet) => [...pathsOf(set)].map((path) => path.join('/')).sort();
const managersOf = (object: JsonObject) =>
  readManagers((object.metadata as { managedFields?: ManagedFields }).managedFields);
const bare = (object: JsonObject) => {
  const { managedFields: _, ...metadata } = object.metadata as JsonObject;
  return { ...object, metadata };
};
const within = (part: FieldSet, whole: FieldSet) => isEmptySet(difference(part, whole));

describe('sets of fields', () => {
  test('are what they print', () => {
    fc.assert(
      fc.property(fieldSets, (set) => {
        const read = parseFieldSet(JSON.parse(JSON.stringify(set)));
        expect(read).toEqual(set);
        expect(equalSets(read, set)).toBe(true);
      }),
    );
  });

  test('obey the algebra of sets, path by path', () => {
    fc.assert(
      fc.property(fieldSets, fieldSets, (a, b) => {
        const [inA, inB] = [new Set(text(a)), new Set(text(b))];
        expect(text(union(a, b))).toEqual([...new Set([...inA, ...inB])].sort());
        expect(text(difference(a, b))).toEqual(text(a).filter((path) => !inB.has(path)));
        expect(text(intersection(a, b))).toEqual(text(a).filter((path) => inB.has(path)));
        expect(equalSets(a, b)).toBe(equalJson(text(a), text(b)));
        for (const set of [union(a, b), difference(a, b), intersection(a, b)]) {
          // Whatever came about is in the one form that prints and reads the same.
          expect(equalSets(set, setOf(pathsOf(set)))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each<[unknown, RegExp]>([
    [[], /an object of objects, found a list/],
    [{ 'f:a': 1 }, /an object of objects, found 1/],
    [{ a: {} }, /"a" must be "." or start with "f:"/],
    [{ 'k:x': {} }, /must have JSON after its colon/],
    [{ 'k:[]': {} }, /must have an object of keys/],
    [{ 'v:': {} }, /must have JSON/],
    [{ 'i:-1': {} }, /must have a whole number/],
    [Array.from({ length: 300 }).reduce((below) => ({ 'f:a': below }), {}), /more than 200 levels deep/],
  ])('what is no set is refused: %#', (value, fault) => {
    expect(() => parseFieldSet(value)).toThrow(fault);
  });

  test('keys are read in any order', () => {
    expect(parseFieldSet({ 'k:{"b": 1, "a":"x"}': { '.': {} } })).toEqual({ 'k:{"a":"x","b":1}': {} });
  });
});

describe('fields of objects', () => {
  test('two objects that compare equal are equal, and changes are told apart', () => {
    fc.assert(
      fc.property(configurations, configurations, (a, b) => {
        const { added, modified, removed } = compare(schema, a, b);
        expect(isEmptySet(intersection(added, removed))).toBe(true);
        const back = compare(schema, b, a);
        expect(text(back.modified)).toEqual(text(modified));
        // What goes names the structs too that come and go with what is in them.
        expect(within(added, back.removed)).toBe(true);
        expect(within(removed, withStructs(schema, back.added))).toBe(true);
        if (equalJson(a, b)) expect([added, modified, removed].every(isEmptySet)).toBe(true);
      }),
    );
  });

  test('those of an object are known again, and those of another are not', () => {
    fc.assert(
      fc.property(configurations, configurations, (a, b) => {
        const [ofA, ofB] = [fieldsOf(schema, a, 'whole'), fieldsOf(schema, b, 'whole')];
        expect(hasWholeFields(schema, a, ofA)).toBe(true);
        if (hasWholeFields(schema, a, ofB)) expect(ofA).toEqual(ofB);
      }),
      { numRuns: 500 },
    );
  });

  test('an item named twice is not taken for two', () => {
    const tagged = (...tags: string[]) => ({ spec: { tags } });
    const set = fieldsOf(schema, tagged('x', 'y'), 'whole');
    expect(hasWholeFields(schema, tagged('x', 'x'), set)).toBe(false);
    expect(hasWholeFields(schema, tagged('x'), set)).toBe(false);
    expect(hasWholeFields(schema, tagged('x', 'y', 'z'), set)).toBe(false);
    expect(hasWholeFields(schema, tagged(), fieldsOf(schema, tagged(), 'whole'))).toBe(true);
  });

  test('removing all fields leaves none, extracting all of them leaves all', () => {
    fc.assert(
      fc.property(configurations, (object) => {
        const fields = fieldsOf(schema, object, 'named');
        const rest = removeFields(schema, object, fields);
        expect(
          text(intersection(fieldsOf(schema, rest ?? {}, 'named'), fields)).filter((path) => !path.includes('f:')),
        ).toEqual([]);
        expect(text(fieldsOf(schema, extractFields(schema, object, fields), 'named'))).toEqual(text(fields));
      }),
    );
  });

  test('a merge says all that was applied, and keeps what was not', () => {
    fc.assert(
      fc.property(configurations, configurations, (live, config) => {
        const merged = mergeConfiguration(schema, live, config) as JsonObject;
        const said = fieldsOf(schema, config, 'named');
        expect(within(said, withStructs(schema, fieldsOf(schema, merged, 'named')))).toBe(true);
        expect(isEmptySet(compare(schema, merged, mergeConfiguration(schema, merged, config)).modified)).toBe(true);
        expect(configurationFaults(schema, merged)).toEqual([]);
        expect(decode(crates, merged).unknown).toEqual([]);
        const { modified } = compare(schema, live, merged);
        expect(within(modified, said)).toBe(true);
      }),
    );
  });

  test('applied items come in the order they were applied in', () => {
    fc.assert(
      fc.property(configurations, configurations, (live, config) => {
        const tags = (object: unknown) => (object as { spec?: { tags?: string[] } }).spec?.tags ?? [];
        const merged = tags(mergeConfiguration(schema, live, config));
        expect(merged.filter((tag) => tags(config).includes(tag))).toEqual(tags(config));
        const foreign = tags(live).filter((tag) => !tags(config).includes(tag));
        expect(merged.filter((tag) => !tags(config).includes(tag))).toEqual(foreign);
        expect(new Set(merged).size).toBe(merged.length);
      }),
    );
  });
});

describe('apply', () => {
  test('twice is once', () => {
    fc.assert(
      fc.property(configurations, configurations, (base, config) => {
        const once = applied(made(base, 'maker'), 'one', config, { force: true });
        expect(applied(once, 'one', config, { now: LATER })).toEqual(once);
      }),
    );
  });

  test('of nothing takes away all that was its alone', () => {
    fc.assert(
      fc.property(configurations, configurations, (first, second) => {
        const one = applied(unborn(), 'one', first);
        // An empty list says nothing, and what holds nothing else is nobody's.
        fc.pre(!JSON.stringify([first, second]).includes('[]'));
        expect(bare(applied(one, 'one', unborn()))).toEqual(unborn());
        const both = applied(one, 'two', second, { force: true });
        const left = applied(both, 'two', unborn());
        expect(managersOf(left).every(({ manager }) => manager === 'one')).toBe(true);
        // What is left is one's, and what one still owns is left; an empty map is owned and not stored.
        if (JSON.stringify(first).includes('{}')) return;
        for (const { fields } of managersOf(left)) {
          expect(within(fields, fieldsOf(schema, left, 'named'))).toBe(true);
        }
      }),
    );
  });

  test('of what others leave alone never conflicts', () => {
    fc.assert(
      fc.property(configurations, configurations, (a, b) => {
        const one = applied(unborn(), 'one', a);
        const fields = fieldsOf(schema, a, 'named');
        const disjoint = (removeFields(schema, b, fields) ?? {}) as JsonObject;
        fc.pre(isEmptySet(intersection(fieldsOf(schema, disjoint, 'named'), fields)));
        expect(() => applied(one, 'two', { ...unborn(), ...disjoint })).not.toThrow();
      }),
    );
  });

  test('of other values for what others own always conflicts, and force leaves one owner', () => {
    fc.assert(
      fc.property(configurations, configurations, (a, b) => {
        const one = applied(unborn(), 'one', a);
        const owned = managersOf(one)[0]?.fields ?? NO_FIELDS;
        const wanted = mergeConfiguration(schema, bare(one), b);
        const { added, modified } = compare(schema, bare(one), decode(crates, wanted).object);
        const contested = intersection(owned, union(added, modified));
        const attempt = () => applied(one, 'two', b);
        if (isEmptySet(contested)) expect(attempt).not.toThrow();
        else expect(attempt).toThrow(/^Apply failed with \d+ conflict/);
        const forced = managersOf(applied(one, 'two', b, { force: true }));
        const won = intersection(contested, fieldsOf(schema, b, 'named'));
        const owners = forced.filter(({ fields }) => !isEmptySet(intersection(fields, won)));
        expect(owners.map(({ manager }) => manager)).toEqual(isEmptySet(won) ? [] : ['two']);
      }),
    );
  });

  test('with equal values is shared', () => {
    fc.assert(
      fc.property(configurations, (config) => {
        const both = applied(applied(unborn(), 'one', config), 'two', config);
        const [one, two] = managersOf(both);
        expect(one?.fields).toEqual(two?.fields);
        expect(bare(applied(both, 'one', unborn()))).toEqual(bare(both));
      }),
    );
  });
});

describe('update', () => {
  const updater = { manager: 'two', operation: 'Update', apiVersion: 'v1' } as const;

  test('takes what it changes from everybody else', () => {
    fc.assert(
      fc.property(configurations, configurations, (a, b) => {
        const before = made(a, 'one');
        const after = decode(crates, b).object as JsonObject;
        const managers = ownershipAfterUpdate(
          schema,
          managersOf(before),
          { before: bare(before), after },
          updater,
          LATER,
        );
        const { added, modified, removed } = compare(schema, bare(before), after);
        const taken = ownable(union(added, modified));
        const of = (name: string) => managers.find(({ manager }) => manager === name)?.fields ?? NO_FIELDS;
        if (managersOf(before).length > 0) expect(within(taken, of('two'))).toBe(true);
        expect(isEmptySet(intersection(of('one'), union(taken, removed)))).toBe(true);
        for (const { fields } of managers) {
          expect(within(fields, withStructs(schema, fieldsOf(schema, after, 'whole')))).toBe(true);
        }
      }),
    );
  });

  test('that changes nothing changes no account', () => {
    fc.assert(
      fc.property(configurations, (config) => {
        const object = made(config, 'one');
        const managers = managersOf(object);
        expect(
          ownershipAfterUpdate(schema, managers, { before: object, after: structuredClone(object) }, updater, LATER),
        ).toBe(managers);
      }),
    );
  });

  test('by many is kept of the ten latest, the oldest being one', () => {
    let managers = managersOf(made({ ...unborn(), spec: { parts: [], replicas: 1 } }, 'maker'));
    let before: JsonObject = { ...unborn(), spec: { replicas: 1 } };
    for (let minute = 10; minute < 30; minute += 1) {
      const labels = { ...((before.metadata as { labels?: object }).labels ?? {}), [`l${minute}`]: '1' };
      const after = { ...before, metadata: { name: 'one', labels } };
      const name = { ...updater, manager: `m${minute}` };
      managers = [...ownershipAfterUpdate(schema, managers, { before, after }, name, `2026-01-01T00:${minute}:00Z`)];
      before = after;
    }
    const stored = writeManagers(managers) ?? [];
    expect(stored.map(({ manager }) => manager)).toEqual([
      'ancient-changes',
      ...Array.from({ length: 9 }, (_, at) => `m${at + 21}`),
    ]);
    const all = readManagers(stored).reduce((set, { fields }) => union(set, fields), NO_FIELDS);
    expect(text(all)).toContain('f:metadata/f:labels/f:l10');
    expect(text(all)).toContain('f:spec/f:replicas');
  });
});
