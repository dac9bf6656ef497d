import { describe, expect, test } from 'vitest';
import { created, lines, printed, template } from '../sample.suite.ts';
import { podTemplates } from './pod-template-kind.ts';
import { replicationControllers } from './replication-controller.ts';

const manifest = (spec: object = {}) => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { template: template(), ...spec },
});
const make = (spec: object = {}) => created(replicationControllers, manifest(spec));

test('the labels of the template are selector and labels', () => {
  const { object } = make();
  expect(object.metadata?.labels).toEqual({ app: 'web' });
  expect(object.spec).toMatchObject({ replicas: 1, selector: { app: 'web' } });
  expect(make({ selector: { app: 'x' } }).object.spec?.selector).toEqual({ app: 'x' });
});

describe('faults', () => {
  test.each<[string, object, string]>([
    ['no template', { template: null, selector: { app: 'web' } }, 'spec.template: Required value'],
    ['no labels', { template: { spec: template().spec } }, 'spec.selector: Required value'],
    ['selector', { selector: { app: 'x' } }, '`selector` does not match template `labels`'],
    ['replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1'],
    ['restarts', { template: template({ restartPolicy: 'Never' }) }, 'restartPolicy: Unsupported value: "Never"'],
    [
      'deadline',
      { template: template({ activeDeadlineSeconds: 1 }) },
      'activeDeadlineSeconds in ReplicationController is not Supported',
    ],
  ])('%s', (_, spec, expected) => {
    const found = lines(make(spec).faults);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

test('columns, scale and field selector', () => {
  const { object } = make({ replicas: 3 });
  object.status = { replicas: 2, readyReplicas: 1 };
  expect(printed(replicationControllers, object, 0)).toMatchObject({
    ...{ Desired: 3, Current: 2, Ready: 1, Containers: 'main', Images: 'example/web:1', Selector: 'app=web' },
  });
  expect(replicationControllers.scale?.selector(object)).toBe('app=web');
  expect(replicationControllers.scale?.statusReplicas(object)).toBe(2);
  expect(replicationControllers.selectableFields?.['status.replicas']?.(object)).toBe('2');
});

test('a template by itself', () => {
  const { object, faults } = created(podTemplates, {
    metadata: { name: 'web', namespace: 'default' },
    template: template({ runtimeClassName: 'x' }),
  });
  expect(faults).toEqual([]);
  expect(object.template?.spec?.restartPolicy).toBe('Always');
  expect(printed(podTemplates, object, 0)).toEqual({
    ...{ Name: 'web', Containers: 'main', Images: 'example/web:1', 'Pod Labels': 'app=web' },
  });
  expect(podTemplates.warnings?.(object)[0]).toContain('template.spec.runtimeClassName');
});
