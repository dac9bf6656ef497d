import { parseFieldSelector } from '../../../api/meta/selector.ts';
import type { RequestInfo, ResourceRequest } from '../../apiserver/request.ts';
import type { Action } from './authorizer.ts';

/** What a request is to authorization (Kubernetes docs, "Authorization": determine the request verb). */
export function actionOf(info: RequestInfo, method: string, path: string, query: URLSearchParams): Action {
  if (info.type !== 'resource') return { type: 'path', verb: method.toLowerCase(), path };
  const { verb, group, version, plural, subresource, namespace } = info;
  const fieldSelector = query.get('fieldSelector') || undefined;
  const name = info.name ?? selectedName(info, fieldSelector);
  const place = namespaceOf(info);
  return {
    type: 'resource',
    verb,
    group,
    version,
    resource: plural,
    subresource,
    namespace: place ?? namespace,
    name,
    fieldSelector,
  };
}

/** A list narrowed to one object by its name is about that object. */
function selectedName({ verb }: ResourceRequest, fieldSelector: string | undefined): string | undefined {
  if (verb !== 'list' && verb !== 'watch') return undefined;
  return selectedValue(fieldSelector, 'metadata.name');
}

/** What is asked of a namespace object is asked in that namespace, so that its own administrators may see it. */
const namespaceOf = ({ group, plural, name }: ResourceRequest): string | undefined =>
  group === '' && plural === 'namespaces' ? name : undefined;

/** The one value that a selector demands of a field, if it demands one. A selector that makes no sense demands nothing. */
export function selectedValue(fieldSelector: string | undefined, field: string): string | undefined {
  if (!fieldSelector) return undefined;
  try {
    return parseFieldSelector(fieldSelector).find((each) => each.field === field && !each.negated)?.value || undefined;
  } catch {
    return undefined;
  }
}
