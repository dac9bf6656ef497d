import { nodes } from '../../api/core/node.ts';
import { pods } from '../../api/core/pod.ts';
import { type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient } from '../../client/client.ts';
import type { Store } from '../../master/store/store.ts';
import { node, pod } from '../scheduler/objects.ts';

/** Commits under way at once. */
const AT_ONCE = 2_000;
const NAMESPACE = 'default';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

/** A node and a running pod as the API itself has stored them, from which all others are made. */
export interface Models {
  readonly node: ApiObject;
  readonly pod: ApiObject;
}

export const nodeName = (index: number): string => `node-${index}`;
export const podName = (index: number): string => `pod-${index}`;

/** What is posted for a pod that waits for a gate, so that the scheduler has nothing to do. */
export const gatedPod = (name: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  ...pod({ namespace: NAMESPACE, name, spec: { schedulingGates: [{ name: 'bench/hold' }] } }),
});

export async function makeModels(client: ApiClient): Promise<Models> {
  await client.json('POST', '/api/v1/nodes', { body: node({ name: 'model' }) });
  const asked = pod({ namespace: NAMESPACE, name: 'model', labels: { app: 'model' }, spec: { nodeName: 'model' } });
  await client.json('POST', PODS, { body: asked });
  const contentType = 'application/merge-patch+json';
  await client.json('PATCH', `${PODS}/model/status`, { contentType, body: { status: runningStatus } });
  const models = {
    node: await client.get<ApiObject>('/api/v1/nodes/model'),
    pod: await client.get<ApiObject>(`${PODS}/model`),
  };
  await client.json('DELETE', `${PODS}/model`, { query: { gracePeriodSeconds: '0' } });
  await client.json('DELETE', '/api/v1/nodes/model');
  return models;
}

const startedAt = '2030-01-01T00:00:00Z';
const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: startedAt });
const runningStatus = {
  phase: 'Running',
  podIP: '10.0.0.1',
  podIPs: [{ ip: '10.0.0.1' }],
  startTime: startedAt,
  conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
  containerStatuses: [
    {
      name: 'pause',
      image: 'registry.k8s.io/pause:3.10',
      imageID: `sha256:${'0'.repeat(64)}`,
      containerID: `docker://${'0'.repeat(64)}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt } },
    },
  ],
};

export const fillNodes = (store: Store, { node: model }: Models, count: number): Promise<void> =>
  fill(store, nodes, model, count, (index) => ({ name: nodeName(index) }));

/** Pods on nodes in turn. */
export const fillPods = (store: Store, { pod: model }: Models, count: number, onNodes: number): Promise<void> =>
  fill(store, pods, model, count, (index) => ({ name: podName(index), nodeName: nodeName(index % onNodes) }));

async function fill(
  store: Store,
  resource: ResourceDefinition<never>,
  model: ApiObject,
  count: number,
  place: (index: number) => { name: string; nodeName?: string },
): Promise<void> {
  const [uid, resourceVersion] = [model.metadata?.uid ?? '', model.metadata?.resourceVersion];
  const text = JSON.stringify(model).replace(`"resourceVersion":"${resourceVersion}",`, '');
  const one = (index: number) => {
    const { name, nodeName } = place(index);
    const named = text
      .replaceAll('"model"', `"${name}"`)
      .replaceAll(uid, uid.slice(0, -8) + String(index).padStart(8, '0'));
    const value = nodeName ? named.replace(`"nodeName":"${name}"`, `"nodeName":"${nodeName}"`) : named;
    const key = storeKey(resource, model.metadata?.namespace, name);
    return store.commit({ compares: [], ops: [{ type: 'put', key, value }] });
  };
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, k) => one(from + k)));
  }
}
