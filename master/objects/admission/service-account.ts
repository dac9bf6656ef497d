import { isMirror } from '../../../api/core/mirror-pod.ts';
import { type Pod, type PodSpec, pods } from '../../../api/core/pod.ts';
import { type ServiceAccount, serviceAccounts } from '../../../api/core/service-account.ts';
import { mountCredentials } from '../../../api/core/service-account-mount.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import type { AdmissionRule } from './admission.ts';

/**
 * Pods run as the `default` service account of their namespace unless they name another, which must exist, get its credentials
 * mounted, and fetch images with its secrets where they bring none (Kubernetes docs, "Managing Service Accounts", "Configure
 * Service Accounts for Pods"). `default` itself need not exist yet: its controller makes it, and a pod made right after its
 * namespace should not be refused for that.
 */
export const podServiceAccount: AdmissionRule = {
  name: 'ServiceAccount',
  admit({ operation, resource, object }, view) {
    if (operation !== 'create' || !isSameResource(resource, pods)) return undefined;
    const pod = object as Pod;
    const { spec } = pod;
    // What runs without a master cannot be somebody to it.
    if (!spec || isMirror(pod)) return undefined;
    const name = spec.serviceAccountName || spec.serviceAccount || 'default';
    spec.serviceAccountName = name;
    spec.serviceAccount = name;
    const account = view.get(serviceAccounts, pod.metadata?.namespace, name);
    if (!account && name !== 'default') return unknownAccount(pod, name);
    if (isMounted(spec, account)) mountCredentials(pod);
    if (account?.imagePullSecrets?.length && !spec.imagePullSecrets?.length)
      spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
    return undefined;
  },
};

/** The pod's own word counts for more than its account's. */
const isMounted = (spec: PodSpec, account: ServiceAccount | undefined): boolean =>
  spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;

function unknownAccount({ metadata }: Pod, name: string): ApiError {
  const why = `error looking up service account ${metadata?.namespace}/${name}: serviceaccount "${name}" not found`;
  return forbidden(pods, metadata?.name ?? '', why);
}
