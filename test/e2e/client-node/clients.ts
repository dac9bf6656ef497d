import { KubeConfig } from '@kubernetes/client-node';
import type { Kubectl } from '../../kubectl.ts';
import { RawApi } from '../../raw-api.ts';

/** The library's configurations: as the administrator, and as a service account that shows its token. */

export function administrator(kubeconfig: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return config;
}

/** A service account of this name that may do what `rules` say in the namespace, and nothing else. */
export async function robot(
  kubectl: Kubectl,
  kubeconfig: string,
  namespace: string,
  name: string,
  rules: readonly object[],
): Promise<KubeConfig> {
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name, namespace };
  const items = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
  await kubectl.apply({ apiVersion: 'v1', kind: 'List', items });
  const token = (await kubectl.run(['create', 'token', name, '-n', namespace, '--duration=20m'])).trim();
  const api = await RawApi.of(kubeconfig);
  api.close();
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'cell', server: api.url, caData: Buffer.from(api.ca).toString('base64') }],
    users: [{ name, token }],
    contexts: [{ name: 'here', cluster: 'cell', user: name, namespace }],
    currentContext: 'here',
  });
  return config;
}
