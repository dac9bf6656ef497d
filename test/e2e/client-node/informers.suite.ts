import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  makeInformer,
  type V1Deployment,
  type V1Pod,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { deployment, pod } from '../kubectl/manifests.ts';
import { administrator } from './clients.ts';
import { Ledger, versions } from './ledger.ts';

const NAMESPACE = 'informed';
const RESTARTS = 3;

/** Pods that stay pending: it is the API that is asked something here. */
const unplaced = (name: string) => pod(name, 'true', { spec: { nodeSelector: { no: 'such-node' } } });

/** Goes on making, changing and deleting objects, whatever becomes of the master, until it is told to stop. */
class Writer {
  written = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  start(write: (count: number) => Promise<unknown>): void {
    this.#running = (async () => {
      for (let count = 0; !this.#stopped; count++) {
        const done = await write(count).then(
          () => true,
          () => false,
        );
        if (done) this.written++;
        else await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}

export function informers(cellOf: () => TestCell): void {
  let config: KubeConfig;
  let core: CoreV1Api;
  let apps: AppsV1Api;

  beforeAll(async () => {
    config = administrator(cellOf().kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    apps = config.makeApiClient(AppsV1Api);
    await core.createNamespace({ body: { metadata: { name: NAMESPACE } } });
  });
  afterAll(() => core.deleteNamespace({ name: NAMESPACE, gracePeriodSeconds: 0 }));

  test('neither lose nor double an event while the master restarts under a writer', async () => {
    const namespace = NAMESPACE;
    const podList = () => core.listNamespacedPod({ namespace });
    const deploymentList = () => apps.listNamespacedDeployment({ namespace });
    const pods = new Ledger<V1Pod>(makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, podList));
    const deployments = new Ledger<V1Deployment>(
      makeInformer(config, `/apis/apps/v1/namespaces/${namespace}/deployments`, deploymentList),
    );
    await Promise.all([pods.start(), deployments.start()]);
    const writers = [new Writer(), new Writer()];
    const body = (object: object) => object as never;
    const turns = [
      (at: number) => core.createNamespacedPod({ namespace, body: body(unplaced(`p${at}`)) }),
      (at: number) => core.patchNamespacedPod({ namespace, name: `p${at - 1}`, body: mark(at) }),
      (at: number) => core.deleteNamespacedPod({ namespace, name: `p${at - 2}`, gracePeriodSeconds: 0 }),
      (at: number) => core.createNamespacedPod({ namespace, body: body(unplaced(`kept${at}`)) }),
    ];
    writers[0]!.start((at) => turns[at % 4]!(at));
    await apps.createNamespacedDeployment({ namespace, body: body(deployment('web', 0)) });
    writers[1]!.start((at) => apps.patchNamespacedDeployment({ namespace, name: 'web', body: mark(at) }));

    for (let restart = 0; restart < RESTARTS; restart++) {
      const before = writers.map(({ written }) => written);
      await eventually('writes to go on', () => writers.every(({ written }, at) => written >= before[at]! + 20));
      await cellOf().master?.end(restart === 1 ? 'SIGKILL' : 'SIGTERM');
      await cellOf().startMaster();
    }
    const before = writers.map(({ written }) => written);
    await eventually('writes to go on', () => writers.every(({ written }, at) => written >= before[at]! + 20));
    await Promise.all(writers.map((writer) => writer.stop()));

    for (const [ledger, list] of [
      [pods, podList],
      [deployments, deploymentList],
    ] as const) {
      const there = await list();
      const expected = versions(there.items);
      await eventually('the informer to have heard of all', () => ledger.held.join() === expected.join());
      expect(ledger.told).toEqual(expected);
      expect(ledger.faults).toEqual([]);
      expect(ledger.counts.error).toBeGreaterThanOrEqual(1);
    }
    expect(pods.counts.delete).toBeGreaterThan(5);
    expect(pods.known.size).toBeGreaterThan(5);
    await Promise.all([pods.stop(), deployments.stop()]);
  });

  test('a watch tells of everything once from where it begins, and bookmarks say how far it has come', async () => {
    const namespace = NAMESPACE;
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const seen: string[] = [];
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const ended = Promise.withResolvers<unknown>();
    const query = { resourceVersion: metadata?.resourceVersion, allowWatchBookmarks: true, timeoutSeconds: 4 };
    await new Watch(config).watch(
      path,
      query,
      (phase, object) => seen.push(phase === 'BOOKMARK' ? phase : `${phase} ${object.metadata.name}`),
      ended.resolve,
    );
    const make = (name: string) => core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
    await make('one');
    await core.patchNamespacedConfigMap({ namespace, name: 'one', body: mark(1) });
    await core.deleteNamespacedConfigMap({ namespace, name: 'one' });
    expect(await ended.promise).toBeNull();
    expect(seen.filter((each) => each !== 'BOOKMARK')).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one']);
    expect(seen.at(-1)).toBe('BOOKMARK');
  });

  test('a watch from the forgotten past is told so', async () => {
    const phases: [string, number][] = [];
    const ended = Promise.withResolvers<{ statusCode?: number } | null>();
    await new Watch(config).watch(
      `/api/v1/namespaces/${NAMESPACE}/pods`,
      { resourceVersion: '1', timeoutSeconds: 5 },
      (phase, object) => phases.push([phase, object.code]),
      ended.resolve,
    );
    const error = await ended.promise;
    expect(error?.statusCode ?? phases[0]?.[1]).toBe(410);
  });
}

/** A JSON patch, which is what the library sends unless told otherwise. */
const mark = (count: number) => [{ op: 'add', path: '/metadata/labels', value: { mark: String(count) } }];
