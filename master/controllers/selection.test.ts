import { describe, expect, test } from 'vitest';
import { assertKnown, isChosen, parseControllerList } from './selection.ts';

const chosen = (text: string, name: string) => isChosen(parseControllerList(text).list!, name);

describe('which controllers run', () => {
  test.each([
    ['*', 'job', true],
    ['none', 'job', false],
    ['job', 'job', true],
    ['job', 'deployment', false],
    ['*,-job', 'job', false],
    ['*,-job', 'deployment', true],
    ['-job', 'deployment', false],
    ['deployment-controller, job', 'deployment', true],
    ['*,-nodelifecycle', 'node-lifecycle', false],
    ['*,-node-lifecycle-controller', 'node-lifecycle', false],
    ['podgc', 'pod-garbage-collector', true],
    ['*,-job-controller', 'job-orphaned-pod', false],
    ['csrsigning', 'certificate-signer', true],
    ['none', 'custom-resource', true],
  ])('%s: %s %s', (text, name, expected) => expect(chosen(text, name)).toBe(expected));
});

test.each([
  ['', /holds ""/],
  ['*,', /holds ""/],
  ['a b', /holds "a b"/],
  ['--job', /holds "--job"/],
  ['job,-job', /both job and -job/],
  ['none,job', /none stands alone/],
])('"%s" is no list', (text, fault) => expect(parseControllerList(text).fault).toMatch(fault));

test('names that there are not are refused, with those there are', () => {
  const there = ['job', 'node-lifecycle', 'custom-resource'];
  const known = (text: string) => () => assertKnown(parseControllerList(text).list!, there);
  expect(known('*,-job-controller,-nodelifecycle')).not.toThrow();
  expect(known('job,cloud-node')).toThrow(/names cloud-node, which .* it has job, node-lifecycle$/);
});
