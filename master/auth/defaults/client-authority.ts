import { type ConfigMap, configMaps } from '../../../api/core/config-map.ts';
import { isApiError } from '../../../api/meta/errors.ts';
import type { Objects } from '../../objects/objects.ts';
import type { CacheReader } from '../../store/cache.ts';

const [NAMESPACE, NAME] = ['kube-system', 'extension-apiserver-authentication'];
const CONTEXT = { user: 'system:stowage:bootstrap' };

/**
 * Publishes who signs client certificates, where servers beside ours look for it (kube-scheduler at its own port; Kubernetes docs,
 * "Configure the aggregation layer"). There are no `requestheader-` keys: nothing stands in front of such servers.
 */
export async function publishClientAuthority(cache: CacheReader, objects: Objects, caPem: string): Promise<void> {
  const data = { 'client-ca-file': caPem };
  const found = cache.get(configMaps, NAMESPACE, NAME);
  if (found?.data?.['client-ca-file'] === caPem) return;
  if (!found) {
    try {
      await objects.create(configMaps, { metadata: { name: NAME, namespace: NAMESPACE }, data }, CONTEXT);
      return;
    } catch (error) {
      // Another master of the same cell may be starting too.
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  }
  const publish = (map: ConfigMap): void => {
    map.data = { ...map.data, ...data };
  };
  await objects.update(configMaps, NAMESPACE, NAME, publish, CONTEXT);
}
