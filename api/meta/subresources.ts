import type { ResourceName } from './definition.ts';

type Kind = Pick<ResourceName, 'group' | 'version' | 'kind'>;

/** Kinds of the bodies of subresources, where the body is not the object itself. */
export const SUBRESOURCE_KINDS: Readonly<Record<string, Kind>> = {
  binding: { group: '', version: 'v1', kind: 'Binding' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  placement: { group: 'stowage.dev', version: 'v1', kind: 'Placement' },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
};
