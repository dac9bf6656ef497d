import { namespaces } from '../../../api/core/namespace.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden, notFound } from '../../../api/meta/errors.ts';
import type { AdmissionRequest, AdmissionRule } from './admission.ts';

/** Namespaces that the cell itself relies on. */
export const PERMANENT_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/**
 * Objects are made only in namespaces that exist and are not being deleted, and the cell's own namespaces stay
 * (Kubernetes docs, "Admission Controllers", NamespaceLifecycle).
 */
export const namespaceLifecycle: AdmissionRule = {
  name: 'NamespaceLifecycle',
  isFinal: true,
  admit(request, view) {
    const { resource, object, operation } = request;
    if (operation === 'delete') return refuseDeletion(request);
    if (operation !== 'create' || !resource.namespaced) return undefined;
    const name = object.metadata?.namespace ?? '';
    const namespace = view.get(namespaces, undefined, name);
    if (!namespace) return notFound(namespaces, name);
    if (!namespace.metadata?.deletionTimestamp) return undefined;
    const why = `unable to create new content in namespace ${name} because it is being terminated`;
    const error = forbidden(resource, object.metadata?.name ?? '', why);
    error.status.details!.causes = [
      { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
    ];
    return error;
  },
};

function refuseDeletion({ resource, object }: AdmissionRequest): ApiError | undefined {
  const name = object.metadata?.name ?? '';
  if (!isSameResource(resource, namespaces) || !PERMANENT_NAMESPACES.includes(name)) {
    return undefined;
  }
  return forbidden(namespaces, name, 'this namespace may not be deleted');
}
