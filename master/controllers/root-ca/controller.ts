import { type ConfigMap, configMaps } from '../../../api/core/config-map.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { ROOT_CA_KEY, ROOT_CA_MAP } from '../../../api/core/service-account-mount.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Controller, watch, watchSelf } from '../kit/controller.ts';
import { create, update } from '../kit/decision.ts';

const DESCRIPTION = 'kubernetes.io/description';
const ABOUT =
  'Contains a CA bundle that can be used to verify the API server of this cell, at the address in KUBERNETES_SERVICE_HOST.';

/**
 * Keeps the cell's authority in a ConfigMap of every namespace, where pods get it from (Kubernetes docs, "Managing Service
 * Accounts", root CA publisher).
 */
export function rootCaController(caPem: string): Controller {
  const data = { [ROOT_CA_KEY]: caPem };
  return {
    name: 'root-ca-certificate-publisher',
    watches: [
      watchSelf(namespaces),
      watch(configMaps, ({ object }) => {
        const { name, namespace = '' } = metaOf(object);
        return name === ROOT_CA_MAP ? [namespace] : [];
      }),
    ],
    reconcile(view, key) {
      const namespace = view.get(namespaces, undefined, key);
      if (!namespace || metaOf(namespace).deletionTimestamp) return [];
      const found = view.get(configMaps, key, ROOT_CA_MAP);
      if (!found) return [create(configMaps, fresh(key, data))];
      if (sameJson(found.data, data) && !found.binaryData) return [];
      return [
        update(configMaps, found, (current) => {
          current.data = { ...data };
          current.binaryData = undefined;
        }),
      ];
    },
  };
}

const fresh = (namespace: string, data: Record<string, string>): ConfigMap => ({
  metadata: { name: ROOT_CA_MAP, namespace, annotations: { [DESCRIPTION]: ABOUT } },
  data: { ...data },
});
