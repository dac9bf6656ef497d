import { describe, expect, test } from 'vitest';
import { claimOf, created, lines, printed, statefulSetOf, template } from '../sample.suite.ts';
import { type StatefulSet, statefulSets } from './stateful-set.ts';

const faults = (spec: object) => lines(created(statefulSets, statefulSetOf(spec)).faults);
const claim = (name: string) => ({ ...claimOf(), metadata: { name } });
const mounting = template({}, { volumeMounts: [{ name: 'data', mountPath: '/data' }] });

test('defaults', () => {
  const { spec } = created(statefulSets, statefulSetOf({ volumeClaimTemplates: [claim('data')] })).object;
  expect(spec).toMatchObject({
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    replicas: 1,
    revisionHistoryLimit: 10,
    template: { spec: { restartPolicy: 'Always' } },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        spec: { volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ],
  });
  const manual = created(statefulSets, statefulSetOf({ updateStrategy: { type: 'OnDelete' } })).object.spec;
  expect(manual?.updateStrategy).toEqual({ type: 'OnDelete' });
});

describe('faults', () => {
  const rolling = (rollingUpdate: object) => ({ updateStrategy: { rollingUpdate } });
  test.each<[string, object, string | undefined]>([
    ['a volume for each claim', { template: mounting, volumeClaimTemplates: [claim('data')] }, undefined],
    [
      'a claim in place of a volume of its name',
      {
        template: template({ volumes: [{ name: 'data', emptyDir: {} }] }, mounting.spec.containers[0]),
        volumeClaimTemplates: [claim('data')],
      },
      undefined,
    ],
    [
      'no claim for a mount',
      { template: mounting },
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found',
    ],
    [
      'claims of one name',
      { volumeClaimTemplates: [claim('data'), claim('data')] },
      'spec.volumeClaimTemplates[1].metadata.name: Duplicate value: "data"',
    ],
    [
      'a claim without a size',
      { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }] },
      'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
    ],
    ['replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1'],
    ['first number', { ordinals: { start: -1 } }, 'spec.ordinals.start: Invalid value: -1'],
    ['service', { serviceName: 'A b' }, 'spec.serviceName: Invalid value: "A b"'],
    ['partition', rolling({ partition: -1 }), 'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1'],
    [
      'no pods at a time',
      rolling({ maxUnavailable: '0%' }),
      'rollingUpdate.maxUnavailable: Invalid value: "0%": cannot be 0',
    ],
    [
      'two strategies',
      { updateStrategy: { type: 'OnDelete', rollingUpdate: {} } },
      "only allowed for updateStrategy 'RollingUpdate'",
    ],
    ['policy', { podManagementPolicy: 'Any' }, 'supported values: "OrderedReady", "Parallel"'],
    [
      'selector',
      { selector: { matchLabels: { app: 'x' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    ['empty selector', { selector: {} }, 'empty selector is invalid for statefulset'],
    [
      'deadline',
      { template: template({ activeDeadlineSeconds: 1 }) },
      'Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
    ],
  ])('%s', (_, spec, expected) => {
    const found = faults(spec);
    expect(found).toHaveLength(expected ? 1 : 0);
    if (expected) expect(found[0]).toContain(expected);
  });
});

describe('updates', () => {
  const edited = (edit: object) => {
    const { object } = created(statefulSets, statefulSetOf({ volumeClaimTemplates: [claim('data')] }));
    const next = structuredClone(object) as StatefulSet;
    Object.assign(next.spec ?? {}, edit);
    return lines(statefulSets.validateUpdate?.(next, object) ?? []);
  };

  test.each<[string, object, boolean]>([
    ['replicas', { replicas: 3 }, true],
    ['template', { template: template({}, { image: 'other' }) }, true],
    ['strategy', { updateStrategy: { type: 'OnDelete' } }, true],
    ['first number', { ordinals: { start: 3 } }, true],
    ['kept claims', { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } }, true],
    ['history', { revisionHistoryLimit: 2 }, true],
    ['readiness', { minReadySeconds: 2 }, true],
    ['service', { serviceName: 'other' }, false],
    ['claims', { volumeClaimTemplates: [claim('logs')] }, false],
    ['selector', { selector: { matchLabels: { app: 'other' } } }, false],
    ['policy', { podManagementPolicy: 'Parallel' }, false],
  ])('%s', (_, edit, isAllowed) => {
    const found = edited(edit);
    if (isAllowed) expect(found).toEqual([]);
    else
      expect(found).toEqual([
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ]);
  });
});

test('columns, scale and warnings', () => {
  const { object } = created(statefulSets, statefulSetOf({ replicas: 3 }));
  object.status = { replicas: 2, readyReplicas: 1 };
  expect(printed(statefulSets, object, 0)).toMatchObject({ Ready: '1/3', Containers: 'main', Images: 'example/web:1' });
  expect(statefulSets.scale?.specReplicas(object)).toBe(3);
  expect(statefulSets.scale?.statusReplicas(object)).toBe(2);
  expect(statefulSets.scale?.selector(object)).toBe('app=web');
  statefulSets.scale?.setReplicas(object, 5);
  expect(object.spec?.replicas).toBe(5);
  const odd = created(statefulSets, statefulSetOf({ template: template({ runtimeClassName: 'x' }) })).object;
  expect(statefulSets.warnings?.(odd)).toHaveLength(1);
  expect(statefulSets.warnings?.(object)).toEqual([]);
});
