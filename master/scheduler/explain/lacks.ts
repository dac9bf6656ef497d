import type { NodeSelectorRequirement, PodAffinityTerm } from '../../../api/core/affinity.ts';
import { formatLabelQuery } from '../../../api/meta/selector.ts';
import type { PodFacts } from '../constraints/constraint.ts';
import { selectorOfTerms } from '../pod-terms.ts';
import { atLeast, atMost } from '../quantities.ts';
import { PODS } from '../resources.ts';
import type { World } from '../world.ts';
import { domainText, excludedNeighbour, excludingNeighbour, portHolder } from './culprits.ts';
import { evennessOf } from './evenness.ts';
import type { Need } from './needs.ts';

/** What the slot lacks, in words that complete "NODE lacks ...". */
export const lacksOf = (needs: readonly Need[], slot: number, facts: PodFacts, world: World): string[] => [
  ...new Set(needs.flatMap((need) => lackOf(need, slot, facts, world))),
];

function lackOf(need: Need, slot: number, facts: PodFacts, world: World): string | string[] {
  switch (need.type) {
    case 'uncordoned':
      return 'permission to take pods: it is cordoned';
    case 'tolerated':
      return `freedom from the taint ${taintText(need)}, which the pod does not tolerate`;
    case 'recovered':
      return `health: it is tainted ${taintText(need)}`;
    case 'label':
      return labelLack(need.label, slot, facts, world);
    case 'nodeAffinity':
      return `what the required node affinity asks for: ${affinityText(facts)}`;
    case 'amount':
      return amountLack(need.resource, slot, facts, world);
    case 'pods':
      return `room for one more pod: it takes ${world.cell.allocatable(PODS, slot)}`;
    case 'ports':
      return `the host port ${portHolder(facts, slot, world) ?? 'that the pod asks for'}`;
    case 'company':
      return companyLacks(slot, facts, world);
    case 'distance':
      return `distance: ${excludedNeighbour(facts, slot, world) ?? 'a pod is near'}, and the pod's anti-affinity excludes it`;
    case 'welcome':
      return `distance: ${excludingNeighbour(facts, slot, world) ?? 'a pod is near'}, and its anti-affinity excludes the pod`;
    case 'evenness':
      return evennessLacks(slot, facts, world);
    case 'other':
      return OTHERS.get(need.reason) ?? need.reason.replace(/^node\(s\) /, 'something: it ');
  }
}

const taintText = ({ taint: { key, value, effect } }: Extract<Need, { type: 'tolerated' | 'recovered' }>): string =>
  `${key}${value ? `=${value}` : ''}:${effect}`;

function labelLack(label: string, slot: number, { spec }: PodFacts, { cell }: World): string {
  const value = cell.node(slot)?.metadata?.labels?.[label];
  return `the label ${label}=${spec.nodeSelector?.[label]}${value === undefined ? '' : ` (its ${label} is ${value})`}`;
}

/** Terms of a node affinity that are quoted. */
const MOST_TERMS = 2;

function affinityText({ spec }: PodFacts): string {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const texts = terms.map(({ matchExpressions = [], matchFields = [] }) =>
    [...matchExpressions, ...matchFields].map(requirementText).join(' and '),
  );
  return [...texts.slice(0, MOST_TERMS), ...(texts.length > MOST_TERMS ? ['others'] : [])].join(', or ');
}

const requirementText = ({ key, operator, values = [] }: NodeSelectorRequirement): string =>
  `${key} ${operator}${values.length > 0 ? ` (${values.join(', ')})` : ''}`;

function amountLack(resource: number, slot: number, { footprint: { demand } }: PodFacts, { cell }: World): string {
  const name = cell.resources.nameOf(resource);
  const asked = atLeast(name, demand.amounts[demand.ids.indexOf(resource)] ?? 0);
  const free = atMost(name, Math.max(0, cell.free(resource, slot)));
  return `${name}: asks ${asked}, has ${free} free of ${atMost(name, cell.allocatable(resource, slot))}`;
}

function companyLacks(slot: number, facts: PodFacts, world: World): string[] {
  const terms = facts.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.map((term) => {
    const { topologyKey } = term;
    if (!hasLabel(topologyKey, slot, world)) return `the label ${topologyKey}, by which the pod affinity goes`;
    return `company: the required pod affinity wants ${companyText(term, facts)} ${domainText(topologyKey, slot, world)}`;
  });
}

/** `pods app=db in namespaces with team=red`: whom a term means; of namespaces only where it says which. */
function companyText(term: PodAffinityTerm, facts: PodFacts): string {
  if (!term.labelSelector) return 'pods, but has no labelSelector and so means none,';
  const { query, namespaces, namespaceQuery } = selectorOfTerms([term], facts);
  const labels = formatLabelQuery(query);
  const among = term.namespaces?.length ? [...namespaces] : [];
  if (namespaceQuery) among.push(`with ${formatLabelQuery(namespaceQuery) || 'any labels'}`);
  return `pods${labels ? ` ${labels}` : ''}${among.length > 0 ? ` in namespaces ${among.join(' or ')}` : ''}`;
}

function evennessLacks(slot: number, facts: PodFacts, world: World): string[] {
  return evennessOf(facts, world).flatMap(({ constraint, domains, skewOf }) => {
    const { topologyKey, maxSkew, minDomains = 1 } = constraint;
    const skew = skewOf(slot);
    if (!skew) return `the label ${topologyKey}, by which the pod is spread`;
    const { count, least } = skew;
    if (count - least <= maxSkew) return [];
    const where = domainText(topologyKey, slot, world);
    const fewest =
      domains < minDomains
        ? `0 counts as the fewest, as minDomains is ${minDomains} and there are ${domains}`
        : `${least} where there are fewest`;
    return `evenness: ${count} such pods would be ${where} and ${fewest}; maxSkew is ${maxSkew}`;
  });
}

const hasLabel = (key: string, slot: number, { cell }: World): boolean =>
  cell.node(slot)?.metadata?.labels?.[key] !== undefined;

const OTHERS: ReadonlyMap<string, string> = new Map([
  ['node(s) had volume node affinity conflict', "reach: a volume of the pod's is elsewhere"],
  ['node(s) had no available volume zone', "reach: a volume of the pod's is in another zone"],
  ["node(s) didn't find available persistent volumes to bind", "a volume: no free one fits the pod's claims"],
  ['node(s) exceed max volume count', 'room for more volumes: their driver attaches no more to it'],
  ['node(s) had no available disk', 'a disk for itself: another pod uses it'],
  [
    'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
    'the claim for itself: another pod uses it, and it is ReadWriteOncePod',
  ],
]);
