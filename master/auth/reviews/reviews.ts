import type { SelfSubjectReview } from '../../../api/authentication/self-subject-review.ts';
import type { TokenReview } from '../../../api/authentication/token-review.ts';
import type { UserInfo } from '../../../api/authentication/user-info.ts';
import type { AccessStatus, ReviewedResource } from '../../../api/authorization/attributes.ts';
import type { SelfSubjectAccessReview } from '../../../api/authorization/self-subject-access-review.ts';
import type { SelfSubjectRulesReview } from '../../../api/authorization/self-subject-rules-review.ts';
import type { SubjectAccessReview } from '../../../api/authorization/subject-access-review.ts';
import { badRequest } from '../../../api/meta/errors.ts';
import type { ResourceHandler } from '../../apiserver/context.ts';
import type { User } from '../../user.ts';
import type { Action, Authorizer } from '../authorization/authorizer.ts';
import { reviewHandler } from './review-call.ts';

/** The kinds that are questions (Kubernetes API reference, "Authentication" and "Authorization" resources), by `group/plural`. */
export const REVIEWS: Readonly<Record<string, ResourceHandler>> = {
  'authentication.k8s.io/tokenreviews': reviewHandler<TokenReview>(async ({ spec }, { auth }) => {
    const asked = spec?.audiences?.length ? spec.audiences : auth.authenticator.audiences;
    const bearer = await auth.authenticator.review(spec?.token ?? '', asked);
    const meant = asked.filter((each) => (bearer?.audiences ?? auth.authenticator.audiences).includes(each));
    if (!bearer) return { error: 'invalid bearer token', user: {} };
    if (meant.length === 0) return { error: `token audiences do not match any of ${JSON.stringify(asked)}`, user: {} };
    return { authenticated: true, user: userInfo(bearer.user), audiences: meant };
  }),
  'authentication.k8s.io/selfsubjectreviews': reviewHandler<SelfSubjectReview>((_review, _context, { user }) => ({
    userInfo: userInfo(user),
  })),
  'authorization.k8s.io/subjectaccessreviews': reviewHandler<SubjectAccessReview>(({ spec }, { auth }) =>
    accessStatus(auth.authorizer, subjectOf(spec), spec),
  ),
  'authorization.k8s.io/localsubjectaccessreviews': reviewHandler<SubjectAccessReview>(({ spec }, { auth }) =>
    accessStatus(auth.authorizer, subjectOf(spec), spec),
  ),
  'authorization.k8s.io/selfsubjectaccessreviews': reviewHandler<SelfSubjectAccessReview>(
    ({ spec }, { auth }, { user }) => accessStatus(auth.authorizer, user, spec),
  ),
  'authorization.k8s.io/selfsubjectrulesreviews': reviewHandler<SelfSubjectRulesReview>(
    ({ spec }, { auth }, { user }) => {
      if (!spec?.namespace) throw badRequest('no namespace on request: spec.namespace must name one');
      return rulesStatus(auth.authorizer, user, spec.namespace);
    },
  ),
};

const userInfo = ({ name, uid, groups, extra }: User): UserInfo => ({
  username: name,
  ...(uid && { uid }),
  groups: [...groups],
  ...(extra && {
    extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
  }),
});

const subjectOf = (spec: SubjectAccessReview['spec']): User => ({
  name: spec?.user ?? '',
  groups: spec?.groups ?? [],
  ...(spec?.uid && { uid: spec.uid }),
  ...(spec?.extra && { extra: spec.extra }),
});

function accessStatus(authorizer: Authorizer, user: User, spec: SelfSubjectAccessReview['spec']): AccessStatus {
  const { allowed, reason } = authorizer.authorize(user, actionOfReview(spec));
  return { allowed, ...(reason && { reason }) };
}

function actionOfReview({ resourceAttributes, nonResourceAttributes }: SelfSubjectAccessReview['spec']): Action {
  if (!resourceAttributes)
    return { type: 'path', verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
  const { verb = '', group = '', version, resource = '', subresource, namespace, name } = resourceAttributes;
  const fieldSelector = selectorText(resourceAttributes.fieldSelector);
  return {
    type: 'resource',
    ...{ verb, group, version, resource, fieldSelector },
    subresource: subresource || undefined,
    namespace: namespace || undefined,
    name: name || undefined,
  };
}

/** Of a selector that was taken apart, what demands one value; nothing else narrows what is allowed. */
function selectorText(selector: ReviewedResource['fieldSelector']): string | undefined {
  if (selector?.rawSelector) return selector.rawSelector;
  const single = (selector?.requirements ?? []).filter(
    ({ operator, values }) => operator === 'In' && values?.length === 1,
  );
  return single.map(({ key, values }) => `${key}=${values?.[0]}`).join(',') || undefined;
}

function rulesStatus(authorizer: Authorizer, user: User, namespace: string) {
  const { rules, faults } = authorizer.rulesFor(user, namespace);
  const resourceRules = rules
    .filter((rule) => rule.resources?.length)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames }));
  const nonResourceRules = rules
    .filter((rule) => rule.nonResourceURLs?.length)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return {
    resourceRules,
    nonResourceRules,
    incomplete: faults.length > 0,
    ...(faults.length > 0 && { evaluationError: faults.join(', ') }),
  };
}
