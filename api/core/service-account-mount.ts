import type { Pod } from './pod.ts';
import type { Volume } from './volume.ts';

/** Who a pod is, inside it (Kubernetes docs, "Managing Service Accounts", "Bound service account token volume mechanism"). */

/** The ConfigMap of every namespace that holds the cell's authority under the key {@link ROOT_CA_KEY}. */
export const ROOT_CA_MAP = 'kube-root-ca.crt';
export const ROOT_CA_KEY = 'ca.crt';
/** Where client libraries look for their credentials. */
export const CREDENTIALS_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

const VOLUME_PREFIX = 'kube-api-access-';
/** An hour and a little: a client that asks for an hour is told apart in the audit log. */
const TOKEN_SECONDS = 3607;
const DEFAULT_MODE = 0o644;
const SUFFIX_LENGTH = 5;

/** Token, authority and namespace, as client libraries expect them. */
function credentials(name: string): Volume {
  const field = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: ROOT_CA_MAP, items: [{ key: ROOT_CA_KEY, path: ROOT_CA_KEY }] } },
        { downwardAPI: { items: [field] } },
      ],
      defaultMode: DEFAULT_MODE,
    },
  };
}

/** Mounts the pod's credentials into every container that mounts nothing there. Changes `pod`. */
export function mountCredentials(pod: Pod): void {
  const { spec } = pod;
  if (!spec) return;
  const open = [...(spec.initContainers ?? []), ...spec.containers].filter(
    ({ volumeMounts }) => !volumeMounts?.some(({ mountPath }) => mountPath === CREDENTIALS_PATH),
  );
  if (open.length === 0) return;
  const known = spec.volumes?.find(({ name }) => name.startsWith(VOLUME_PREFIX));
  const name = known?.name ?? `${VOLUME_PREFIX}${suffixOf(pod)}`;
  for (const container of open) {
    const mount = { name, readOnly: true, mountPath: CREDENTIALS_PATH };
    container.volumeMounts = [...(container.volumeMounts ?? []), mount];
  }
  if (!known) spec.volumes = [...(spec.volumes ?? []), credentials(name)];
}

/** From the uid, so that admission, which may see a pod more than once, finds the same. */
const suffixOf = ({ metadata }: Pod): string => (metadata?.uid ?? '').replaceAll('-', '').slice(-SUFFIX_LENGTH);
