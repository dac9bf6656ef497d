import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { Desk } from './desk.ts';
import { deployment } from './manifests.ts';

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

/** Part of a deployment that runs nothing. */
const part = (name: string, spec: object) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });

/** Server-side apply, as the users of kubectl know it. */
export function serverSideApply(desk: () => Desk): void {
  const apply = (object: object, flags = '') =>
    desk().feed(`apply --server-side ${flags} -f -`.replace('  ', ' '), object);
  const tryApply = (object: object, flags = '') =>
    desk().try(`apply --server-side ${flags} -f -`.replace('  ', ' '), [], { input: JSON.stringify(object) });
  const managersOf = async (what: string) => {
    const { metadata } = await desk().json<ApiObject>(`get ${what} --show-managed-fields`);
    return (metadata?.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`).sort();
  };

  describe('one manager', () => {
    test('makes, changes and takes away', async () => {
      const applied = 'configmap/served serverside-applied\n';
      expect(await apply(configMap('served', { a: '1', b: '2' }))).toBe(applied);
      const version = await desk().value('get cm served', '.metadata.resourceVersion');
      expect(await apply(configMap('served', { a: '1', b: '2' }))).toBe(applied);
      expect(await desk().value('get cm served', '.metadata.resourceVersion')).toBe(version);
      expect(await apply(configMap('served', { a: '3' }))).toBe(applied);
      expect(await desk().value('get cm served', '.data')).toBe('{"a":"3"}');
      expect(await managersOf('cm served')).toEqual(['kubectl Apply']);
    });

    test('its account is shown to whoever asks for it', async () => {
      await apply(configMap('shown', { a: '1' }));
      expect(await desk().run('get cm shown -o yaml')).not.toContain('managedFields');
      const shown = await desk().run('get cm shown -o yaml --show-managed-fields');
      expect(shown).toMatch(
        / {2}- apiVersion: v1\n {4}fieldsType: FieldsV1\n {4}fieldsV1:\n {6}f:data:\n {8}f:a: \{\}\n/,
      );
      expect(shown).toMatch(/ {4}manager: kubectl\n {4}operation: Apply\n {4}time: "\d{4}-.*Z"\n/);
    });

    test('is told of what no schema has', async () => {
      const refused = await tryApply({ ...configMap('unknown', {}), dat: {} });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('failed to create typed patch object (');
      expect(refused.stderr).toContain('.dat: field not declared in schema');
    });

    test('sees beforehand what would change', async () => {
      await apply(configMap('differing', { a: '1' }));
      const input = JSON.stringify(configMap('differing', { a: '2' }));
      const diff = await desk().try('diff --server-side -f -', [], { input });
      expect(diff.code).toBe(1);
      expect(diff.stdout).toMatch(/^-\s+a: "1"$/m);
      expect(diff.stdout).toMatch(/^\+\s+a: "2"$/m);
      expect(await desk().value('get cm differing', '.data.a')).toBe('1');
      const same = await desk().try('diff --server-side -f -', [], {
        input: JSON.stringify(configMap('differing', { a: '1' })),
      });
      expect(same).toMatchObject({ code: 0, stdout: '' });
      expect(await apply(configMap('differing', { a: '2' }), '--dry-run=server')).toBe(
        'configmap/differing serverside-applied (server dry run)\n',
      );
      expect(await desk().value('get cm differing', '.data.a')).toBe('1');
    });
  });

  describe('several managers', () => {
    test('conflict over a field, until one is forced', async () => {
      await apply(configMap('contested', { a: '1', b: '1' }), '--field-manager=first');
      const one = await tryApply(configMap('contested', { a: '2' }), '--field-manager=second');
      expect(one.code).toBe(1);
      expect(one.stderr).toMatch(
        /^error: Apply failed with 1 conflict: conflict with "first": \.data\.a\nPlease review the fields above--they currently have other managers/,
      );
      const two = await tryApply(configMap('contested', { a: '2', b: '2' }), '--field-manager=second');
      expect(two.stderr).toMatch(
        /^error: Apply failed with 2 conflicts: conflicts with "first":\n- \.data\.a\n- \.data\.b\n/,
      );
      await apply(configMap('contested', { a: '2' }), '--field-manager=second --force-conflicts');
      expect(await desk().value('get cm contested', '.data')).toBe('{"a":"2","b":"1"}');
      expect(await managersOf('cm contested')).toEqual(['first Apply', 'second Apply']);
      const back = await tryApply(configMap('contested', { a: '1', b: '1' }), '--field-manager=first');
      expect(back.stderr).toContain('conflict with "second": .data.a');
    });

    test('conflict with a patch too', async () => {
      await apply(configMap('patched-over', { a: '1' }));
      await desk().run('patch cm patched-over --type=merge -p', '{"data":{"a":"2"}}');
      const refused = await tryApply(configMap('patched-over', { a: '1' }));
      expect(refused.stderr).toContain('conflict with "kubectl-patch" using v1: .data.a');
    });

    test('share a deployment: one has the template, the other the number', async () => {
      const { replicas: _, ...spec } = deployment('divided', 0).spec;
      await apply(part('divided', { ...spec, replicas: 0 }), '--field-manager=owner');
      await apply(part('divided', spec), '--field-manager=owner');
      await apply(part('divided', { replicas: 0 }), '--field-manager=scaler --force-conflicts');
      await apply(part('divided', { ...spec, paused: true }), '--field-manager=owner');
      const found = await desk().json<{ spec: object }>('get deployment divided');
      expect(found.spec).toMatchObject({ replicas: 0, paused: true });
      expect(await managersOf('deployment divided')).toEqual(expect.arrayContaining(['owner Apply', 'scaler Apply']));
      const sidecar = { template: { spec: { containers: [{ name: 'side', image: 'some/image:1' }] } } };
      await apply(part('divided', sidecar), '--field-manager=injector');
      await apply(part('divided', { ...spec, paused: true }), '--field-manager=owner');
      const names = '.spec.template.spec.containers[*].name';
      expect(await desk().value('get deployment divided', names)).toBe('main side');
      await apply(part('divided', {}), '--field-manager=injector');
      expect(await desk().value('get deployment divided', names)).toBe('main');
      await desk().run('delete deployment divided');
    });
  });

  describe("going over from the client's side", () => {
    test('takes the fields along, and back again', async () => {
      await desk().apply(configMap('migrated', { a: '1', b: '1' }));
      expect(await managersOf('cm migrated')).toEqual(['kubectl-client-side-apply Update']);
      expect(await apply(configMap('migrated', { a: '2' }))).toBe('configmap/migrated serverside-applied\n');
      expect(await desk().value('get cm migrated', '.data')).toBe('{"a":"2"}');
      expect(await managersOf('cm migrated')).not.toContain('kubectl-client-side-apply Update');
      const annotation = '.metadata.annotations.kubectl\\.kubernetes\\.io/last-applied-configuration';
      expect(JSON.parse(await desk().value('get cm migrated', annotation))).toMatchObject({ data: { a: '2' } });
      expect(await desk().apply(configMap('migrated', { a: '3' }))).toBe('configmap/migrated configured\n');
      expect(await desk().value('get cm migrated', '.data')).toBe('{"a":"3"}');
    });
  });
}
