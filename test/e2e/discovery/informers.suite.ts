import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import type { EndpointSlice } from '../../../api/discovery/endpoint-slice.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { TestCell } from '../../cell.ts';
import { RawApi } from '../../raw-api.ts';
import { ProtobufClient, type WatchEvent } from './protobuf-client.ts';
import { NAMESPACE } from './shop.ts';

const TIME = 'timeout=8m22s&timeoutSeconds=502';
/** What stands behind the roles, and what is followed for each of them. */
const FOLLOWED = [
  ['Pod', '/api/v1/pods', 'web-'],
  ['Service', '/api/v1/services', 'web'],
  ['Endpoints', '/api/v1/endpoints', 'web'],
  ['EndpointSlice', '/apis/discovery.k8s.io/v1/endpointslices', 'web-'],
  ['Node', '/api/v1/nodes', 'n1'],
  ['Ingress', '/apis/networking.k8s.io/v1/ingresses', 'door'],
] as const;

/**
 * Debian's Prometheus is built without Kubernetes' client, so what that asks (lists and watches in protobuf, page by page or streamed)
 * is asked here in its stead, with the token of Prometheus' account.
 */
export function informers(cellOf: () => TestCell, tokenOf: () => string): void {
  let client: ProtobufClient;
  let ca: string;

  beforeAll(async () => {
    const api = await RawApi.of(cellOf().kubeconfig);
    api.close();
    ca = api.ca;
    client = new ProtobufClient(api.url, ca, tokenOf());
  });
  afterAll(() => client.close());

  const touch = (kind: string, name: string, mark: string) => {
    const namespace = kind === 'Node' ? [] : ['-n', NAMESPACE];
    return cellOf().kubectl.run(['annotate', '--overwrite', ...namespace, kind.toLowerCase(), name, `seen=${mark}`]);
  };
  const ours = (kind: string, name: string) => (object: ApiObject) =>
    object.metadata?.name?.startsWith(name) &&
    !object.metadata.deletionTimestamp &&
    (kind === 'Node' || object.metadata.namespace === NAMESPACE);
  /** Reads on until an event of the object has the annotation. */
  async function until(events: AsyncIterable<WatchEvent>, mark: string): Promise<WatchEvent> {
    for await (const event of events) if (event.object.metadata?.annotations?.seen === mark) return event;
    throw new Error(`the watch ended without ${mark}`);
  }

  test.each(FOLLOWED)('%s: a list, then a watch from there', async (kind, path, name) => {
    const list = await client.list(path, 'limit=500&resourceVersion=0');
    const there = list.items.filter(ours(kind, name));
    expect(there.length).toBeGreaterThan(0);
    const query = `allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}&${TIME}`;
    const told = until(client.watch(path, query), 'listed');
    const touched = touch(kind, there[0]!.metadata!.name!, 'listed');
    const [{ type, object }] = await Promise.all([told, touched]);
    expect([type, object.kind, object.metadata?.uid]).toEqual(['MODIFIED', kind, there[0]!.metadata?.uid]);
  });

  test.each(FOLLOWED)('%s: a streamed list', async (kind, path, name) => {
    const query = `allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&${TIME}`;
    const streamed: ApiObject[] = [];
    for await (const { type, object } of client.watch(path, query)) {
      if (object.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true') {
        expect([type, object.kind]).toEqual(['BOOKMARK', kind]);
        expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(0);
        break;
      }
      expect(type).toBe('ADDED');
      streamed.push(object);
    }
    const { items } = await client.list(path, 'limit=500&resourceVersion=0');
    const uids = (objects: readonly ApiObject[]) =>
      objects.filter(ours(kind, name)).map(({ metadata }) => metadata?.uid);
    expect(uids(streamed).sort()).toEqual(uids(items).sort());
    expect(uids(streamed).length).toBeGreaterThan(0);
  });

  test('a slice and its pod tell the same', async () => {
    const slices = await client.list(`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, 'limit=500');
    const pods = await client.list(`/api/v1/namespaces/${NAMESPACE}/pods`, 'limit=500&labelSelector=app%3Dweb');
    const running = (pods.items as Pod[]).filter(({ metadata }) => !metadata?.deletionTimestamp);
    const known = (slices.items as EndpointSlice[]).flatMap(({ endpoints }) => endpoints ?? []);
    const ready = known.filter(({ conditions }) => conditions?.ready);
    expect(ready.map(({ addresses, targetRef }) => [targetRef?.uid, addresses[0]]).sort()).toEqual(
      running.map(({ metadata, status }) => [metadata?.uid, status?.podIP]).sort(),
    );
  });

  test('the account may read what it needs, and nothing else', async () => {
    await expect(client.list('/api/v1/secrets', 'limit=1')).rejects.toThrow('403');
    await expect(client.list('/api/v1/namespaces/kube-system/configmaps', 'limit=1')).rejects.toThrow('403');
    const api = await RawApi.of(cellOf().kubeconfig);
    api.close();
    const nobody = new ProtobufClient(api.url, ca, 'no-such-token');
    await expect(nobody.list('/api/v1/pods', 'limit=1')).rejects.toThrow('401');
    nobody.close();
  });
}
