import type { CacheFeed } from '../../store/cache.ts';
import type { ResourceCall } from '../context.ts';

/** As in Kubernetes: objects that one seat stands for, and the most seats that a request takes. */
const OBJECTS_PER_SEAT = 100;
const MAX_WIDTH = 10;

/** Seats that a request takes, by the objects that it will look at and show. Everything but lists takes one. */
export function widthOf(cache: Pick<CacheFeed, 'count'>, { target, resource, query }: Asked): number {
  const { verb, name } = target;
  const isMany = verb === 'list' || verb === 'deletecollection' || (verb === 'watch' && startsWithState(query));
  if (!isMany || name !== undefined) return 1;
  const kept = resource.stored ? resource.stored.resource : resource;
  const count = resource.stored === false ? 1 : cache.count(kept);
  // With a selector all are looked at, whatever is shown.
  const limit = isSelective(query) ? 0 : Number(query.get('limit') ?? 0);
  const shown = limit > 0 ? Math.min(limit, count) : count;
  return Math.min(MAX_WIDTH, Math.max(1, Math.ceil(shown / OBJECTS_PER_SEAT)));
}

type Asked = Pick<ResourceCall, 'target' | 'resource' | 'query'>;

const isSelective = (query: URLSearchParams): boolean => query.has('labelSelector') || query.has('fieldSelector');

/** A watch without a revision, or with one that any state is good enough for, may begin with all there is. */
function startsWithState(query: URLSearchParams): boolean {
  const revision = query.get('resourceVersion');
  return revision === null || revision === '' || revision === '0' || query.has('sendInitialEvents');
}
