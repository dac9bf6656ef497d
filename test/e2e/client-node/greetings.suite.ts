import {
  ApiException,
  ApiextensionsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { administrator, robot } from './clients.ts';
import { GROUP, type Greeting, GreetingController, greetingDefinition, greetingRules } from './greeting-controller.ts';

const NAMESPACE = 'greeted';

/** A controller of a kind of its own, with a service account that may do just what it needs. */
export function greetings(cellOf: () => TestCell): void {
  const namespace = NAMESPACE;
  const kind = { group: GROUP, version: 'v1', namespace, plural: 'greetings' };
  let core: CoreV1Api;
  let custom: CustomObjectsApi;
  let asRobot: KubeConfig;
  let controller: GreetingController;

  const greet = (name: string, whom: string) =>
    custom.createNamespacedCustomObject({
      ...kind,
      body: { apiVersion: `${GROUP}/v1`, kind: 'Greeting', metadata: { name }, spec: { whom } },
    });
  const get = (name: string): Promise<Greeting> => custom.getNamespacedCustomObject({ ...kind, name });
  const textOf = async (name: string) => (await core.readNamespacedConfigMap({ namespace, name })).data?.text;
  /** The status and the ConfigMap say so. */
  const greeted = (name: string, whom: string) =>
    eventually(`${whom} to be greeted`, async () => {
      const { metadata, status } = await get(name);
      const upToDate = status?.observedGeneration === metadata?.generation && status?.text === `hello, ${whom}`;
      return upToDate && (await textOf(name)) === `hello, ${whom}`;
    });
  const gone = (what: string, read: () => Promise<unknown>) =>
    eventually(`${what} to be gone`, () =>
      read().then(
        () => false,
        (error: unknown) => error instanceof ApiException && error.code === 404,
      ),
    );

  beforeAll(async () => {
    const config = administrator(cellOf().kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    custom = config.makeApiClient(CustomObjectsApi);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const definitions = config.makeApiClient(ApiextensionsV1Api);
    await definitions.createCustomResourceDefinition({ body: greetingDefinition });
    await eventually('the definition to be established', async () => {
      const { status } = await definitions.readCustomResourceDefinition({ name: greetingDefinition.metadata.name });
      return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True');
    });
    asRobot = await robot(cellOf().kubectl, cellOf().kubeconfig, namespace, 'greeter', greetingRules);
    controller = new GreetingController(asRobot, namespace);
    await controller.start();
  });
  afterAll(async () => {
    await controller?.stop();
    await core.deleteNamespace({ name: namespace });
  });

  test('makes what the resource asks for, and follows its changes', async () => {
    await greet('ann', 'Ann');
    await greeted('ann', 'Ann');
    const [owner] = (await core.readNamespacedConfigMap({ namespace, name: 'ann' })).metadata?.ownerReferences ?? [];
    expect(owner).toMatchObject({ kind: 'Greeting', uid: (await get('ann')).metadata?.uid, controller: true });
    const body = [{ op: 'replace', path: '/spec/whom', value: 'Anna' }];
    await custom.patchNamespacedCustomObject({ ...kind, name: 'ann', body });
    await greeted('ann', 'Anna');
    expect((await get('ann')).metadata?.generation).toBe(2);
  });

  test('puts right what others do to what it owns', async () => {
    const body = [{ op: 'replace', path: '/data/text', value: 'go away' }];
    await core.patchNamespacedConfigMap({ namespace, name: 'ann', body });
    await greeted('ann', 'Anna');
    await core.deleteNamespacedConfigMap({ namespace, name: 'ann' });
    await greeted('ann', 'Anna');
  });

  test('a write to the status changes nothing else, and the other way round', async () => {
    const body = [
      { op: 'replace', path: '/spec/whom', value: 'nobody' },
      { op: 'add', path: '/status/text', value: 'hello, Anna' },
    ];
    await custom.patchNamespacedCustomObjectStatus({ ...kind, name: 'ann', body });
    expect((await get('ann')).spec.whom).toBe('Anna');
  });

  test('may do what its role says and nothing else', async () => {
    const refused = { code: 403 };
    const api = asRobot.makeApiClient(CoreV1Api);
    await expect(api.listNamespacedSecret({ namespace })).rejects.toMatchObject(refused);
    await expect(api.listNamespacedConfigMap({ namespace: 'default' })).rejects.toMatchObject(refused);
    const mine = asRobot.makeApiClient(CustomObjectsApi);
    await expect(mine.deleteNamespacedCustomObject({ ...kind, name: 'ann' })).rejects.toMatchObject(refused);
  });

  test('goes on across a restart of the master', async () => {
    await cellOf().master?.end();
    await cellOf().startMaster();
    await greet('bob', 'Bob');
    await greeted('bob', 'Bob');
    // Another, which begins with what is there, has nothing to do.
    const before = (await get('bob')).metadata?.resourceVersion;
    await controller.stop();
    expect(controller.faults).toEqual([]);
    const end = Promise.withResolvers<void>();
    custom.deleteNamespacedCustomObject({ ...kind, name: 'bob' }).then(() => end.resolve(), end.reject);
    await end.promise;
    // Nobody is there who would let it go.
    expect((await get('bob')).metadata).toMatchObject({ deletionTimestamp: expect.any(String), name: 'bob' });
    expect((await get('bob')).metadata?.resourceVersion).not.toBe(before);
    controller = new GreetingController(asRobot, namespace);
    await controller.start();
    await gone('Bob', () => get('bob'));
    expect(await textOf('farewell-bob')).toBe('farewell, Bob');
    await gone('what it owned', () => core.readNamespacedConfigMap({ namespace, name: 'bob' }));
    expect(await textOf('ann')).toBe('hello, Anna');
    expect(controller.faults).toEqual([]);
  });
}
