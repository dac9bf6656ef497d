import { namespaces } from '../../api/core/namespace.ts';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { metaOf } from '../../api/meta/object.ts';
import { type Controller, watch, watchSelf } from './kit/controller.ts';
import { create } from './kit/decision.ts';

const DEFAULT = 'default';

/** Sees that every namespace has the service account its pods run as (Kubernetes docs, "Managing Service Accounts"). */
export const serviceAccountController: Controller = {
  name: 'serviceaccount',
  watches: [
    watchSelf(namespaces),
    watch(serviceAccounts, ({ type, object }) => {
      const { name, namespace = '' } = metaOf(object);
      return type === 'deleted' && name === DEFAULT ? [namespace] : [];
    }),
  ],
  reconcile(view, key) {
    const namespace = view.get(namespaces, undefined, key);
    if (!namespace || metaOf(namespace).deletionTimestamp || view.get(serviceAccounts, key, DEFAULT)) return [];
    return [create(serviceAccounts, { metadata: { name: DEFAULT, namespace: key } })];
  },
};
