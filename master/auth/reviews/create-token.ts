import {
  type BoundObjectReference,
  setTokenRequestDefaults,
  TOKEN_REQUEST,
  type TokenRequest,
  TokenRequestSchema,
  validateTokenRequest,
} from '../../../api/authentication/token-request.ts';
import { nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { secrets } from '../../../api/core/secret.ts';
import { serviceAccounts } from '../../../api/core/service-account.ts';
import { decodeWith } from '../../../api/meta/decode.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { badRequest, conflict, forbidden, invalid, noSuchPath, notFound } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { type Answer, valueAnswer } from '../../apiserver/answer.ts';
import { type ApiContext, nameIn, type ResourceCall } from '../../apiserver/context.ts';
import { bodyOf, judgeUnknown } from '../../apiserver/decode-object.ts';
import { freshen } from '../../apiserver/freshness.ts';
import { writeQuery } from '../../apiserver/query-options.ts';
import type { KubernetesClaim, ObjectClaim } from '../authentication/service-account-tokens.ts';
import { nodeOfUser } from '../authorization/node.ts';
import { tokenClaims } from '../tokens/issue.ts';
import { signToken } from '../tokens/jwt.ts';

/** `POST serviceaccounts/NAME/token`: a new token of the account (Kubernetes API reference, TokenRequest). */
export async function createToken(context: ApiContext, call: ResourceCall): Promise<Answer> {
  if (call.resource.plural !== serviceAccounts.plural || call.resource.group !== '') throw noSuchPath();
  const { auth, cache, clock, rng } = context;
  const request = requestIn(call);
  await freshen(context, undefined);
  const { namespace = '' } = call.target;
  const account = cache.get(serviceAccounts, namespace, nameIn(call));
  if (!account) throw notFound(serviceAccounts, nameIn(call));
  const bound = boundTo(context, call, request.spec?.boundObjectRef);
  const { audiences: asked, expirationSeconds: seconds = 0 } = request.spec ?? {};
  refuseOthersPods(call, bound);
  refuseOthersAudiences(call, cache.get(pods, namespace, bound.pod?.name ?? ''), asked);
  const audiences = asked?.length ? asked : [...auth.authenticator.audiences];
  const wish = { issuer: auth.issuer, account, audiences, seconds, bound };
  const token = await signToken(auth.serviceAccountKey, tokenClaims(wish, clock.now(), rng.uuid()));
  const answer = {
    kind: TOKEN_REQUEST.kind,
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: nameIn(call), namespace, creationTimestamp: timestamp(clock.now()) },
    spec: { ...request.spec, audiences },
    status: { token, expirationTimestamp: timestamp(clock.now() + seconds * 1000) },
  };
  return valueAnswer(201, answer, call.headers.accept);
}

function requestIn(call: ResourceCall): TokenRequest {
  const query = writeQuery(call.query);
  const { object: request, unknown } = decodeWith(TokenRequestSchema, bodyOf(call), TOKEN_REQUEST.kind);
  call.warnings.push(...judgeUnknown(TOKEN_REQUEST, unknown, query.fieldValidation));
  const { name, namespace } = request.metadata ?? {};
  if (name && name !== nameIn(call))
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${nameIn(call)})`);
  if (namespace && namespace !== call.target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  setTokenRequestDefaults(request);
  const faults = validateTokenRequest(request);
  if (faults.length > 0) throw invalid(TOKEN_REQUEST, nameIn(call), faults);
  return request;
}

type Bound = Pick<KubernetesClaim, 'pod' | 'secret' | 'node'>;

function boundTo(context: ApiContext, call: ResourceCall, reference: BoundObjectReference | undefined): Bound {
  if (!reference) return {};
  const { apiVersion, kind } = reference;
  const { namespace } = call.target;
  switch (apiVersion === 'v1' ? kind : '') {
    case 'Pod':
      return podBound(context, call, claimed(context, pods, namespace, reference));
    case 'Secret':
      return { secret: claimOf(claimed(context, secrets, namespace, reference)) };
    case 'Node':
      return { node: claimOf(claimed(context, nodes, undefined, reference)) };
    default:
      throw badRequest(
        `cannot bind token for serviceaccount to object of type ${apiVersion ?? ''}, Kind=${kind ?? ''}`,
      );
  }
}

function podBound({ cache }: ApiContext, call: ResourceCall, pod: Pod): Bound {
  if (pod.spec?.serviceAccountName !== nameIn(call)) {
    const account = JSON.stringify(nameIn(call));
    throw badRequest(
      `cannot bind token for serviceaccount ${account} to pod running with different serviceaccount name.`,
    );
  }
  const node = pod.spec.nodeName ? cache.get(nodes, undefined, pod.spec.nodeName) : undefined;
  return { pod: claimOf(pod), ...(node && { node: claimOf(node) }) };
}

/** The object a token is to be bound to; it must be the one that is meant. */
function claimed<T extends ApiObject>(
  { cache }: ApiContext,
  resource: ResourceDefinition<T>,
  namespace: string | undefined,
  { name = '', uid }: BoundObjectReference,
): T {
  const object = cache.get(resource, namespace, name);
  if (!object) throw notFound(resource, name);
  const found = object.metadata?.uid ?? '';
  if (!uid || uid === found) return object;
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  throw conflict(resource, name, why);
}

const claimOf = ({ metadata }: ApiObject): ObjectClaim => ({ name: metadata?.name ?? '', uid: metadata?.uid ?? '' });

/** A node gets tokens only for pods on it, and only such as end with them (NodeRestriction). */
function refuseOthersPods(call: ResourceCall, { pod, node }: Bound): void {
  const asker = nodeOfUser(call.user);
  if (asker === undefined) return;
  const refuse = (why: string) => forbidden(serviceAccounts, nameIn(call), why);
  if (!pod) throw refuse(`node "${asker}" can only request tokens bound to a pod`);
  if (node?.name !== asker) throw refuse(`node "${asker}" can only request tokens of pods that run on it`);
}

/** A node gets tokens only for whom its pods have them shown ("Admission Controllers", NodeRestriction, service account tokens). */
function refuseOthersAudiences(call: ResourceCall, pod: Pod | undefined, asked: readonly string[] | undefined): void {
  const asker = nodeOfUser(call.user);
  if (asker === undefined) return;
  const shown = (pod?.spec?.volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) =>
      serviceAccountToken ? [serviceAccountToken.audience ?? ''] : [],
    ),
  );
  const other = (asked?.length ? asked : ['']).find((audience) => !shown.includes(audience));
  if (other === undefined) return;
  const why = `audience ${JSON.stringify(other)} not found in pod spec volume: node "${asker}" can only request tokens that its pods show`;
  throw forbidden(serviceAccounts, nameIn(call), why);
}
