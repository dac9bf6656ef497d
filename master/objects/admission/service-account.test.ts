import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Pod, type PodSpec, pods } from '../../../api/core/pod.ts';
import { type ServiceAccount, serviceAccounts } from '../../../api/core/service-account.ts';
import { type AdmittingCell, admittingCell, outcome } from './admission.fixture.ts';

const CONTEXT = { user: 'tester' };
const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
let cell: AdmittingCell;
beforeEach(async () => {
  cell = await admittingCell();
});
afterEach(() => cell.stop());

const account = async (name: string, more: Partial<ServiceAccount> = {}) => {
  await cell.objects.create(serviceAccounts, { metadata: { name, namespace: 'team' }, ...more }, CONTEXT);
  await cell.settled();
};
const podOf = (spec: Partial<PodSpec> = {}, annotations?: Record<string, string>): Pod => ({
  metadata: { name: 'p', namespace: 'team', annotations },
  spec: { containers: [{ name: 'main', image: 'a:1' }], ...spec },
});
const made = async (pod: Pod): Promise<PodSpec> => (await cell.objects.create(pods, pod, CONTEXT)).spec!;
const mountsIn = (spec: PodSpec) =>
  [...(spec.initContainers ?? []), ...spec.containers].map(({ volumeMounts }) => volumeMounts?.at(-1)?.name);

test('every container gets the credentials, of one volume', async () => {
  const spec = await made(podOf({ initContainers: [{ name: 'first', image: 'a:1' }] }));
  const [volume] = spec.volumes ?? [];
  expect(volume?.name).toMatch(/^kube-api-access-[0-9a-z]{5}$/);
  expect(volume?.projected).toEqual({
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  });
  expect(mountsIn(spec)).toEqual([volume?.name, volume?.name]);
  expect(spec.containers[0]?.volumeMounts).toEqual([{ name: volume?.name, readOnly: true, mountPath: PATH }]);
});

test('a container that mounts something there keeps it', async () => {
  const own = { name: 'own', emptyDir: {} };
  const mount = { name: 'own', mountPath: PATH };
  const container = { name: 'main', image: 'a:1', volumeMounts: [mount] };
  const alone = await made(podOf({ containers: [container], volumes: [own] }));
  expect(alone.volumes).toEqual([own]);
  expect(alone.containers[0]?.volumeMounts).toEqual([mount]);
});

describe('whether they are mounted', () => {
  test.each<[string, boolean | undefined, boolean | undefined, boolean]>([
    ['nobody says anything', undefined, undefined, true],
    ['the account does not want it', undefined, false, false],
    ['the pod does not want it', false, true, false],
    ['the pod wants it more than the account', true, false, true],
  ])('%s', async (_what, ofPod, ofAccount, mounted) => {
    await account('robot', { automountServiceAccountToken: ofAccount });
    const spec = await made(podOf({ serviceAccountName: 'robot', automountServiceAccountToken: ofPod }));
    expect(spec.volumes?.length ?? 0).toBe(mounted ? 1 : 0);
  });
});

test("images are fetched with the account's secrets where the pod names none", async () => {
  await account('robot', { imagePullSecrets: [{ name: 'hub' }] });
  expect((await made(podOf({ serviceAccountName: 'robot' }))).imagePullSecrets).toEqual([{ name: 'hub' }]);
  const own = podOf({ serviceAccountName: 'robot', imagePullSecrets: [{ name: 'own' }] });
  own.metadata!.name = 'q';
  expect((await made(own)).imagePullSecrets).toEqual([{ name: 'own' }]);
});

test('an account must be there; the picture of a pod from a file has none', async () => {
  expect(await outcome(made(podOf({ serviceAccountName: 'nobody' })))).toMatch(/serviceaccount "nobody" not found/);
  const mirror = await made(podOf({}, { 'kubernetes.io/config.mirror': 'x' }));
  expect([mirror.serviceAccountName, mirror.volumes]).toEqual([undefined, undefined]);
});
