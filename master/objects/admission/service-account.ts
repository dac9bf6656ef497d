import { type Pod, pods } from '../../../api/core/pod.ts';
import { serviceAccounts } from '../../../api/core/service-account.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { forbidden } from '../../../api/meta/errors.ts';
import type { AdmissionRule } from './admission.ts';

/**
 * Pods run as the `default` service account of their namespace unless they name another, which must exist (Kubernetes docs,
 * "Managing Service Accounts"). `default` itself need not exist yet: its controller makes it, and a pod made right after its
 * namespace should not be refused for that.
 */
export const podServiceAccount: AdmissionRule = {
  name: 'ServiceAccount',
  admit({ operation, resource, object }, view) {
    if (operation !== 'create' || !isSameResource(resource, pods)) return undefined;
    const pod = object as Pod;
    const spec = pod.spec;
    if (!spec) return undefined;
    const name = spec.serviceAccountName || spec.serviceAccount || 'default';
    spec.serviceAccountName = name;
    spec.serviceAccount = name;
    const namespace = pod.metadata?.namespace;
    if (name === 'default' || view.get(serviceAccounts, namespace, name)) return undefined;
    return forbidden(
      pods,
      pod.metadata?.name ?? '',
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    );
  },
};
