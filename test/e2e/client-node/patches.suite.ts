import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestCell } from '../../cell.ts';
import { deployment } from '../kubectl/manifests.ts';
import { administrator } from './clients.ts';

const NAMESPACE = 'patched';

/** The four sorts of patches, as the library sends them. */
export function patches(cellOf: () => TestCell): void {
  const target = { namespace: NAMESPACE, name: 'web' };
  let core: CoreV1Api;
  let apps: AppsV1Api;
  let anything: KubernetesObjectApi;

  beforeAll(async () => {
    const config = administrator(cellOf().kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    apps = config.makeApiClient(AppsV1Api);
    anything = KubernetesObjectApi.makeApiClient(config);
    await core.createNamespace({ body: { metadata: { name: NAMESPACE } } });
    await apps.createNamespacedDeployment({ namespace: NAMESPACE, body: deployment('web', 0) as V1Deployment });
  });
  afterAll(() => core.deleteNamespace({ name: NAMESPACE }));

  const patch = (strategy: PatchStrategy, body: object) =>
    apps.patchNamespacedDeployment({ ...target, body }, setHeaderOptions('Content-Type', strategy));

  test('JSON, the one that is sent by itself', async () => {
    const body = [
      { op: 'test', path: '/spec/replicas', value: 0 },
      { op: 'add', path: '/metadata/labels/tier', value: 'front' },
    ];
    expect((await apps.patchNamespacedDeployment({ ...target, body })).metadata?.labels).toMatchObject({
      tier: 'front',
    });
    const wrong = [{ op: 'test', path: '/spec/replicas', value: 1 }];
    const refused = await apps.patchNamespacedDeployment({ ...target, body: wrong }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiException);
    expect((refused as ApiException<unknown>).code).toBe(422);
  });

  test('merge: lists are replaced', async () => {
    const patched = await patch(PatchStrategy.MergePatch, { metadata: { labels: { tier: null, area: 'east' } } });
    expect(patched.metadata?.labels).toEqual({ app: 'web', area: 'east' });
  });

  test('strategic merge: containers are known by their names', async () => {
    const containers = [{ name: 'main', env: [{ name: 'A', value: '1' }] }];
    const patched = await patch(PatchStrategy.StrategicMergePatch, { spec: { template: { spec: { containers } } } });
    const [container] = patched.spec?.template.spec?.containers ?? [];
    expect(container).toMatchObject({ name: 'main', image: expect.any(String), env: [{ name: 'A', value: '1' }] });
  });

  test('server-side apply: conflicts, force, and what it makes anew', async () => {
    const body: KubernetesObject & { data: Record<string, string> } = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'told', namespace: NAMESPACE },
      data: {},
    };
    const apply = (manager: string, data: Record<string, string>, force: boolean) =>
      anything.patch<typeof body>(
        { ...body, data },
        undefined,
        undefined,
        manager,
        force,
        PatchStrategy.ServerSideApply,
      );
    expect((await apply('one', { a: '1', b: '1' }, false)).data).toEqual({ a: '1', b: '1' });
    await expect(apply('two', { a: '2' }, false)).rejects.toMatchObject({ code: 409 });
    expect((await apply('two', { a: '2' }, true)).data).toEqual({ a: '2', b: '1' });
    expect((await apply('one', {}, false)).data).toEqual({ a: '2' });
  });
}
