import { describe, expect, test } from 'vitest';
import { created, deploymentOf, lines, printed, template } from '../sample.suite.ts';
import { controllerRevisions } from './controller-revision.ts';
import { type DaemonSet, daemonSets } from './daemon-set.ts';

const faults = (spec: object) => lines(created(daemonSets, deploymentOf(spec)).faults);
const rolling = (rollingUpdate: object) => ({ updateStrategy: { rollingUpdate } });
const COUNT = 'deprecated.daemonset.template.generation';

test('defaults', () => {
  expect(created(daemonSets, deploymentOf()).object.spec).toMatchObject({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    revisionHistoryLimit: 10,
  });
});

describe('faults', () => {
  test.each<[string, object, string | undefined]>([
    ['surge', rolling({ maxSurge: '10%', maxUnavailable: 0 }), undefined],
    ['on delete', { updateStrategy: { type: 'OnDelete' } }, undefined],
    [
      'none at a time',
      rolling({ maxUnavailable: 0 }),
      'maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
    ['both', rolling({ maxSurge: 1 }), 'may not be set when maxUnavailable is non-zero'],
    ['more than all', rolling({ maxUnavailable: '101%' }), 'must not be greater than 100%'],
    ['history', { revisionHistoryLimit: -1 }, 'spec.revisionHistoryLimit: Invalid value: -1'],
    ['strategy', { updateStrategy: { type: 'Any' } }, 'supported values: "RollingUpdate", "OnDelete"'],
    ['empty selector', { selector: {} }, 'empty selector is invalid for daemonset'],
    ['restarts', { template: template({ restartPolicy: 'Never' }) }, 'spec.template.spec.restartPolicy: Unsupported'],
  ])('%s', (_, spec, expected) => {
    const found = faults(spec);
    expect(found).toHaveLength(expected ? 1 : 0);
    if (expected) expect(found[0]).toContain(expected);
  });
});

describe('changes of the template are counted', () => {
  const updated = (before: DaemonSet, edit: (next: DaemonSet) => void): DaemonSet => {
    const next = structuredClone(before);
    edit(next);
    daemonSets.prepareForUpdate?.(next, before);
    daemonSets.setDefaults(next);
    return next;
  };
  const countOf = (set: DaemonSet) => set.metadata?.annotations?.[COUNT];
  const first = () => created(daemonSets, deploymentOf()).object;

  test('from 1, whatever the client says', () => {
    const set = first();
    expect(countOf(set)).toBe('1');
    const other = updated(set, (next) => {
      if (next.metadata) next.metadata.annotations = { [COUNT]: '7', mine: 'yes' };
    });
    expect(other.metadata?.annotations).toEqual({ [COUNT]: '1', mine: 'yes' });
  });

  test('with another template, and not with one that leaves out what is default', () => {
    const change = (image: string) => (next: DaemonSet) => {
      if (next.spec) next.spec.template = template({}, { image });
    };
    const same = updated(first(), change('example/web:1'));
    expect(countOf(same)).toBe('1');
    expect(countOf(updated(same, change('example/web:2')))).toBe('2');
  });

  test('its selector stays', () => {
    const set = first();
    const next = structuredClone(set);
    if (next.spec) next.spec.selector = { matchLabels: { app: 'x' } };
    expect(lines(daemonSets.validateUpdate?.(next, set) ?? [])).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    ]);
  });
});

test('columns', () => {
  const { object } = created(daemonSets, deploymentOf({ template: template({ nodeSelector: { b: '2', a: '1' } }) }));
  object.status = {
    ...{ desiredNumberScheduled: 5, currentNumberScheduled: 4, numberMisscheduled: 0, numberReady: 3 },
    ...{ updatedNumberScheduled: 2, numberAvailable: 1 },
  };
  expect(printed(daemonSets, object, 0)).toMatchObject({
    Desired: 5,
    Current: 4,
    Ready: 3,
    'Up-to-date': 2,
    Available: 1,
    'Node Selector': 'a=1,b=2',
    Selector: 'app=web',
  });
});

describe('revisions', () => {
  const make = (fields: object = {}) =>
    created(controllerRevisions, {
      metadata: { name: 'web-1', namespace: 'default' },
      revision: 2,
      data: {},
      ...fields,
    });

  test('have data and a number', () => {
    expect(lines(make().faults)).toEqual([]);
    expect(lines(make({ data: null, revision: -1 }).faults)).toEqual([
      'data: Required value: data is mandatory',
      'revision: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });

  test('never change', () => {
    const next = make({ data: { spec: 1 }, revision: 3 }).object;
    expect(lines(controllerRevisions.validateUpdate?.(next, make().object) ?? [])).toEqual([
      'data: Invalid value: {"spec":1}: field is immutable',
    ]);
  });

  test('name their owner', () => {
    const { object } = make();
    expect(printed(controllerRevisions, object, 0)).toMatchObject({ Controller: '<none>', Revision: 2 });
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true };
    if (object.metadata) object.metadata.ownerReferences = [owner];
    expect(printed(controllerRevisions, object, 0)).toMatchObject({ Controller: 'statefulset.apps/web' });
  });
});
