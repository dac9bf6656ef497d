import type { PodAffinityTerm, TopologySpreadConstraint } from '../../api/core/affinity.ts';
import { formatLabelQuery, type LabelQuery, type LabelSelector, labelQueryOf } from '../../api/meta/selector.ts';
import type { PodFacts } from './constraints/constraint.ts';
import type { PodSelector } from './populations.ts';

/** Whose terms they are. */
export type TermOwner = Pick<PodFacts, 'namespace' | 'labels'>;

const NO_NAMESPACES: ReadonlySet<string> = new Set();

/** The pods a term of `pod` means (docs/SCHEDULING.md, "Terms"). Pods that must match several terms at once: give them all. */
export function selectorOfTerms(terms: readonly PodAffinityTerm[], pod: TermOwner): PodSelector {
  const selectors = terms.map((term) => selectorOfTerm(term, pod));
  const [first, ...also] = selectors;
  return also.length === 0 ? first! : { ...first!, key: selectors.map(({ key }) => key).join('&'), also };
}

function selectorOfTerm(term: PodAffinityTerm, pod: TermOwner): PodSelector {
  const query = narrowed(term.labelSelector, pod, term.matchLabelKeys, term.mismatchLabelKeys);
  const named = term.namespaces?.length ? new Set(term.namespaces) : undefined;
  if (!term.namespaceSelector) return keyed(named ?? new Set([pod.namespace]), undefined, query, true);
  return keyed(named ?? NO_NAMESPACES, labelQueryOf(term.namespaceSelector), query, true);
}

/** The pods a spread constraint counts: of the pod's namespace, and staying. */
export function selectorOfSpread(constraint: TopologySpreadConstraint, pod: TermOwner): PodSelector {
  const query = narrowed(constraint.labelSelector, pod, constraint.matchLabelKeys, undefined);
  return keyed(new Set([pod.namespace]), undefined, query, false);
}

/** The selector with the pod's own values of some labels required, and of others excluded. */
function narrowed(
  selector: LabelSelector | undefined,
  { labels }: TermOwner,
  match: readonly string[] = [],
  mismatch: readonly string[] = [],
): LabelQuery {
  if (!selector || (match.length === 0 && mismatch.length === 0)) return labelQueryOf(selector);
  const added = (keys: readonly string[], operator: string) =>
    keys.filter((key) => labels[key] !== undefined).map((key) => ({ key, operator, values: [labels[key]!] }));
  return labelQueryOf({
    ...selector,
    matchExpressions: [...(selector.matchExpressions ?? []), ...added(match, 'In'), ...added(mismatch, 'NotIn')],
  });
}

/** What no label can satisfy has a text of its own, since an empty query would match everything. */
const NOTHING = '<none>';

function keyed(
  namespaces: ReadonlySet<string>,
  namespaceQuery: LabelQuery | undefined,
  query: LabelQuery,
  countsLeaving: boolean,
): PodSelector {
  const among = namespaceQuery ? `+${textOf(namespaceQuery)}` : '';
  const key = `${[...namespaces].sort().join(',')}${among}/${textOf(query)}/${countsLeaving}`;
  return { key, namespaces, namespaceQuery, query, countsLeaving };
}

const textOf = (query: LabelQuery): string =>
  query.requirements.length === 0 && !query.matches({}) ? NOTHING : formatLabelQuery(query);
