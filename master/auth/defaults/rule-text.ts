import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';

export const READ = 'get list watch';
export const WRITE = 'create delete deletecollection patch update';

const words = (text: string): string[] => text.split(' ').filter(Boolean);

/** `to('get list', 'apps', 'deployments replicasets')`. The core group is `''`. */
export const to = (verbs: string, apiGroup: string, resources: string, names = ''): PolicyRule => ({
  apiGroups: [apiGroup],
  resources: words(resources),
  ...(names && { resourceNames: words(names) }),
  verbs: words(verbs),
});

export const toPaths = (verbs: string, paths: string): PolicyRule => ({
  nonResourceURLs: words(paths),
  verbs: words(verbs),
});
