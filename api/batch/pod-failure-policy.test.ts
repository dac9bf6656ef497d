import { describe, expect, test } from 'vitest';
import { created, jobOf, lines } from '../sample.suite.ts';
import { jobs } from './job.ts';

const faults = (spec: object) => lines(created(jobs, jobOf(spec)).faults);
const rules = (...items: object[]) => ({ podFailurePolicy: { rules: items } });
const codes = (fields: object) => ({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1], ...fields } });
const indexed = (fields: object) => ({ completionMode: 'Indexed', completions: 5, parallelism: 5, ...fields });
const success = (...items: object[]) => indexed({ successPolicy: { rules: items } });

describe('which failures count', () => {
  test.each<[string, object, string | undefined]>([
    ['codes', rules(codes({})), undefined],
    ['conditions', rules({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }), undefined],
    ['a container', rules(codes({ containerName: 'main' })), undefined],
    ['another container', rules(codes({ containerName: 'x' })), 'must be one of the container or initContainer names'],
    ['no codes', rules(codes({ values: [] })), 'at least one value is required'],
    ['success', rules(codes({ values: [0, 1] })), 'must not be 0 for the In operator'],
    ['twice', rules(codes({ values: [1, 1] })), 'rules[0].onExitCodes.values[1]: Duplicate value: 1'],
    ['out of order', rules(codes({ values: [2, 1] })), 'must be ordered'],
    ['nothing', rules({ action: 'Ignore' }), 'specifying one of onExitCodes and onPodConditions is required'],
    [
      'both',
      rules({ ...codes({}), onPodConditions: [{ type: 'A' }] }),
      'specifying both onExitCodes and onPodConditions is not supported',
    ],
    ['an index', rules({ ...codes({}), action: 'FailIndex' }), 'requires the backoffLimitPerIndex to be set'],
    ['21 rules', rules(...Array(21).fill(codes({}))), 'must have at most 20 items'],
    [
      'replacement',
      { ...rules(codes({})), podReplacementPolicy: 'TerminatingOrFailed' },
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
  ])('%s', (_, spec, expected) => {
    const found = faults(spec);
    expect(found).toHaveLength(expected ? 1 : 0);
    if (expected) expect(found[0]).toContain(expected);
  });
});

describe('when it has succeeded', () => {
  test.each<[string, object, string | undefined]>([
    ['a count', success({ succeededCount: 5 }), undefined],
    ['indexes', success({ succeededIndexes: '0,2-4' }), undefined],
    ['some of the indexes', success({ succeededIndexes: '0,2-4', succeededCount: 4 }), undefined],
    ['no rules', success(), 'at least one rules must be specified'],
    ['an empty rule', success({}), 'at least one of succeededCount or succeededIndexes must be specified'],
    ['none', success({ succeededCount: 0 }), 'must be greater than 0'],
    [
      'too many',
      success({ succeededCount: 6 }),
      'must be less than or equal to 5 (the number of specified completions)',
    ],
    [
      'more than those named',
      success({ succeededIndexes: '1-2', succeededCount: 3 }),
      'must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
    ],
    ['an index too large', success({ succeededIndexes: '5' }), 'too large index: "5"'],
    ['out of order', success({ succeededIndexes: '3,1' }), 'numbers must be in order'],
    ['no numbers', success({ succeededIndexes: 'a' }), 'must be numbers and ranges'],
    ['not indexed', { successPolicy: { rules: [{ succeededCount: 1 }] } }, 'requires indexed completion mode'],
  ])('%s', (_, spec, expected) => {
    const found = faults(spec);
    expect(found).toHaveLength(expected ? 1 : 0);
    if (expected) expect(found[0]).toContain(expected);
  });
});

describe('limits of indexes', () => {
  test.each<[string, object, string]>([
    [
      'more failures than indexes',
      { backoffLimitPerIndex: 1, maxFailedIndexes: 6 },
      'must be less than or equal to completions',
    ],
    ['no limit per index', { maxFailedIndexes: 1 }, 'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes'],
    [
      'many indexes',
      { completions: 100_001, backoffLimitPerIndex: 1 },
      'must be specified when completions is above 100000',
    ],
    [
      'many at a time',
      { completions: 100_001, backoffLimitPerIndex: 1, maxFailedIndexes: 1, parallelism: 10_001 },
      'must be less than or equal to 10000 when completions are above 100000',
    ],
    ['managed by', { managedBy: 'me' }, 'must be a domain-prefixed path'],
  ])('%s', (_, spec, expected) => {
    const found = faults(indexed(spec));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});
