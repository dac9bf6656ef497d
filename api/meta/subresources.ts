import type { ResourceName } from './definition.ts';

type Kind = Pick<ResourceName, 'group' | 'version' | 'kind'>;

/** Kinds of the bodies of subresources, where the body is not the object itself; `PLURAL/NAME` where kinds differ in that. */
export const SUBRESOURCE_KINDS: Readonly<Record<string, Kind>> = {
  attach: { group: '', version: 'v1', kind: 'PodAttachOptions' },
  binding: { group: '', version: 'v1', kind: 'Binding' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  exec: { group: '', version: 'v1', kind: 'PodExecOptions' },
  'nodes/proxy': { group: '', version: 'v1', kind: 'NodeProxyOptions' },
  placement: { group: 'stowage.dev', version: 'v1', kind: 'Placement' },
  portforward: { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
  'pods/proxy': { group: '', version: 'v1', kind: 'PodProxyOptions' },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  'services/proxy': { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
};

/** The kind of a subresource's body; undefined where that is the object itself. */
export const subresourceKind = (plural: string, name: string): Kind | undefined =>
  SUBRESOURCE_KINDS[`${plural}/${name}`] ?? SUBRESOURCE_KINDS[name];
