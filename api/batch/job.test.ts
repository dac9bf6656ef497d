import { describe, expect, test } from 'vitest';
import { container, created, jobOf, lines, printed, UID } from '../sample.suite.ts';
import { type Job, jobs } from './job.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const template = (spec: object) => ({ template: { spec: { containers: [container()], ...spec } } });
const faults = (spec: object) => lines(created(jobs, jobOf(spec)).faults);

describe('defaults', () => {
  test('a job that says little', () => {
    expect(created(jobs, jobOf()).object.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    });
  });

  test.each<[string, object, object]>([
    ['many at a time', { parallelism: 3, completions: 5 }, { parallelism: 3, completions: 5 }],
    ['completions alone', { completions: 3 }, { parallelism: 1, completions: 3 }],
    ['a limit per index', { backoffLimitPerIndex: 2 }, { backoffLimit: 2 ** 31 - 1 }],
  ])('%s', (_, spec, expected) => {
    expect(created(jobs, jobOf(spec)).object.spec).toMatchObject(expected);
  });

  test('parallelism alone makes a work queue, without a number of completions', () => {
    expect(created(jobs, jobOf({ parallelism: 3 })).object.spec).not.toHaveProperty('completions');
  });

  test('its UID ties it to its pods', () => {
    const { spec } = created(jobs, jobOf()).object;
    expect(spec?.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': UID } });
    expect(spec?.template.metadata?.labels).toEqual({
      'batch.kubernetes.io/controller-uid': UID,
      'batch.kubernetes.io/job-name': 'sum',
      'controller-uid': UID,
      'job-name': 'sum',
    });
  });

  test('a selector of one’s own is left alone', () => {
    const own = { matchLabels: { app: 'x' } };
    const spec = {
      manualSelector: true,
      selector: own,
      template: { ...template({ restartPolicy: 'Never' }).template, metadata: { labels: { app: 'x' } } },
    };
    const { object, faults: found } = created(jobs, jobOf(spec));
    expect(found).toEqual([]);
    expect(object.spec?.selector).toEqual(own);
  });
});

describe('faults', () => {
  test.each<[string, object, string]>([
    [
      'restart policy',
      template({}),
      'spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "OnFailure", "Never"',
    ],
    ['completions', { completions: -1 }, 'spec.completions: Invalid value: -1: must be greater than or equal to 0'],
    ['backoff limit', { backoffLimit: -1 }, 'spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0'],
    [
      'an index for each',
      { completionMode: 'Indexed', parallelism: 2 },
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      'limits of indexes',
      { maxFailedIndexes: 1 },
      'spec.maxFailedIndexes: Forbidden: requires indexed completion mode',
    ],
    [
      'mode',
      { completionMode: 'Sorted' },
      'spec.completionMode: Unsupported value: "Sorted": supported values: "NonIndexed", "Indexed"',
    ],
  ])('%s', (_, spec, expected) => {
    expect(faults(spec)).toEqual([expected]);
  });

  test('a selector that was not made for it', () => {
    const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': 'other' } };
    expect(faults({ selector })).toHaveLength(2);
  });
});

describe('updates', () => {
  const edited = (spec: object, edit: (spec: NonNullable<Job['spec']>) => void) => {
    const before = created(jobs, jobOf(spec)).object;
    const after = structuredClone(before);
    if (after.spec) edit(after.spec);
    return jobs.validateUpdate?.(after, before).map((fault) => fault.path);
  };
  const place = (spec: NonNullable<Job['spec']>) => {
    if (spec.template.spec) spec.template.spec.nodeSelector = { disk: 'ssd' };
  };

  test.each<[string, object, (spec: NonNullable<Job['spec']>) => void, string[]]>([
    ['parallelism', {}, (spec) => void Object.assign(spec, { parallelism: 4 }), []],
    ['completions', {}, (spec) => void Object.assign(spec, { completions: 4 }), ['spec.completions']],
    [
      'an elastic job',
      { completionMode: 'Indexed', completions: 2, parallelism: 2 },
      (spec) => void Object.assign(spec, { completions: 4, parallelism: 4 }),
      [],
    ],
    [
      'an Indexed job out of step',
      { completionMode: 'Indexed', completions: 2, parallelism: 2 },
      (spec) => void Object.assign(spec, { completions: 4 }),
      ['spec.completions'],
    ],
    ['template', {}, place, ['spec.template']],
    ['placement while suspended', { suspend: true }, place, []],
    [
      'image while suspended',
      { suspend: true },
      (spec) => void Object.assign(spec.template.spec?.containers[0] ?? {}, { image: 'b' }),
      ['spec.template'],
    ],
    ['selector', {}, (spec) => void Object.assign(spec, { selector: {} }), ['spec.selector']],
  ])('%s', (_, spec, edit, expected) => {
    expect(edited(spec, edit)).toEqual(expected);
  });
});

describe('columns', () => {
  const row = (spec: object, status: object, meta: object = {}) => {
    const { object } = created(jobs, jobOf(spec));
    Object.assign(object.metadata ?? {}, meta);
    const { Status, Completions, Duration } = printed(jobs, { ...object, status: status as Job['status'] }, NOW);
    return [Status, Completions, Duration];
  };
  const startTime = '2026-01-01T00:59:00Z';
  const condition = (type: string) => ({ conditions: [{ type, status: 'True' }] });

  test.each<[string, object, object, object, string[]]>([
    ['new', {}, {}, {}, ['Running', '0/1', '']],
    ['running', { completions: 3 }, { startTime, succeeded: 1 }, {}, ['Running', '1/3', '60s']],
    [
      'done',
      {},
      { startTime, succeeded: 1, completionTime: '2026-01-01T00:59:05Z', ...condition('Complete') },
      {},
      ['Complete', '1/1', '5s'],
    ],
    ['failed', {}, { startTime, ...condition('Failed') }, {}, ['Failed', '0/1', '60s']],
    ['suspended', {}, condition('Suspended'), {}, ['Suspended', '0/1', '']],
    ['work queue', { parallelism: 3 }, { succeeded: 1 }, {}, ['Running', '1/1 of 3', '']],
    ['deleted', {}, condition('Suspended'), { deletionTimestamp: startTime }, ['Terminating', '0/1', '']],
  ])('%s', (_, spec, status, meta, expected) => {
    expect(row(spec, status, meta)).toEqual(expected);
  });
});
