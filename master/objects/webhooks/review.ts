import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { JsonObject } from '../../../api/meta/json.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { DeleteOptions, WriteContext } from '../objects.ts';
import type { Form } from './form.ts';
import type { Operation } from './rules.ts';

/** What is about to happen, as far as it is the same for all webhooks. */
export interface Occasion {
  readonly operation: Operation;
  /** The definition in whose form objects are given. */
  readonly kept: ResourceDefinition;
  /** The one through which the client asks. */
  readonly asked: ResourceDefinition;
  readonly subresource?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly context: WriteContext;
  readonly options?: DeleteOptions;
}

/** The objects that an occasion is about, in the kept form. */
export interface Subject {
  /** As it would be; absent for deletions. */
  readonly object?: ApiObject;
  /** As it is; absent for creations. */
  readonly previous?: ApiObject;
}

const resourceName = ({ group, version, plural }: ResourceDefinition) => ({ group, version, resource: plural });

/**
 * An AdmissionRequest without the objects, with everything in it that Kubernetes' has. What is empty is absent: conditions ask
 * `has(request.subResource)`.
 */
export function requestOf(occasion: Occasion, shownAs: ResourceDefinition, form: Form, askedForm: Form): JsonObject {
  const { operation, asked, subresource, name, namespace, context } = occasion;
  return {
    kind: form.kind,
    resource: resourceName(shownAs),
    ...(subresource && { subResource: subresource }),
    requestKind: askedForm.kind,
    requestResource: resourceName(asked),
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: userInfo(context),
    dryRun: context.dryRun === true,
    options: optionsOf(occasion),
  };
}

function userInfo({ user, requester }: WriteContext): JsonObject {
  const { name = user, uid = '', groups = [], extra = {} } = requester ?? {};
  return { username: name, uid, groups, extra };
}

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const;

function optionsOf({ operation, context, options }: Occasion): JsonObject | null {
  if (operation === 'CONNECT') return null;
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options ?? {};
  return {
    apiVersion: 'meta.k8s.io/v1',
    kind: OPTIONS[operation],
    ...(context.dryRun && { dryRun: ['All'] }),
    ...(context.manager && { fieldManager: context.manager.name }),
    ...(operation === 'DELETE' && { gracePeriodSeconds, propagationPolicy, preconditions }),
  };
}

/** The body of a call. */
export function reviewText(
  version: 'v1' | 'v1beta1',
  uid: string,
  request: JsonObject,
  { object = null, oldObject = null }: { object?: JsonObject | null; oldObject?: JsonObject | null },
): string {
  return JSON.stringify({
    apiVersion: `admission.k8s.io/${version}`,
    kind: 'AdmissionReview',
    request: { uid, ...request, object, oldObject },
  });
}
