import type { PodAffinityTerm } from '../../../api/core/affinity.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { Toleration } from '../../../api/core/taints.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { existingAntiAffinity } from '../constraints/existing-anti-affinity.ts';
import type { DomainRule } from '../domain-rules.ts';
import { Footprint } from '../footprint.ts';
import type { OwnedTerm } from '../owned-terms.ts';
import type { World } from '../world.ts';
import { ownersOf, repellingTerms } from './culprits.ts';
import { type Evenness, evennessOf } from './evenness.ts';
import type { Need } from './needs.ts';
import type { Supposed } from './trial.ts';

/** Something that could be otherwise, and how that is said after "fits on 3 nodes if ...". */
export interface Change {
  readonly words: string;
  /** How much it is to ask for; the less the better. */
  readonly cost: number;
  /** Whatever else is changed, in any order. */
  apply(supposed: Supposed): Supposed;
}

/** Beyond these, terms and ports are not tried one by one. */
const MOST_ALTERNATIVES = 3;

/**
 * What can be changed about a need where it is the only one of these slots, the least first; the last meets it in any case, if
 * anything does. Amounts of resources are another matter (amounts.ts).
 */
export function changesFor(need: Need, slots: readonly number[], supposed: Supposed, world: World): Change[] {
  const { facts } = supposed;
  const { spec } = facts;
  switch (need.type) {
    case 'uncordoned':
      return [uncordoned];
    case 'tolerated':
    case 'recovered':
      return [tolerating(need)];
    case 'label':
      return [withoutLabel(need.label, spec)];
    case 'nodeAffinity':
      return [withoutNodeAffinity(supposed)];
    case 'ports':
      return [{ words: 'it drops its host ports', cost: 2, apply: withoutPorts }];
    case 'company':
      return withoutTerms('podAffinity', spec);
    case 'distance':
      return withoutTerms('podAntiAffinity', spec);
    case 'welcome':
      return welcomed(repellingTerms(facts, world), world);
    case 'evenness':
      return lessEven(evennessOf(facts, world), slots);
    default:
      return [];
  }
}

const inSpec =
  (change: (spec: PodSpec) => PodSpec): Change['apply'] =>
  ({ facts, ...others }) => ({ facts: { ...facts, spec: change(facts.spec) }, ...others });

const tolerates = (toleration: Toleration): Change['apply'] =>
  inSpec((spec) => ({ ...spec, tolerations: [...(spec.tolerations ?? []), toleration] }));

/** To the pod, a cordon that it tolerates is none. */
const uncordoned: Change = {
  words: 'uncordoned',
  cost: 2,
  apply: tolerates({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }),
};

/** Taints by which the cell marks what is wrong with a node had better go than be tolerated. */
function tolerating({ type, taint: { key, value } }: Extract<Need, { type: 'tolerated' | 'recovered' }>): Change {
  const text = value ? `${key}=${value}` : key;
  const apply = tolerates({ key, operator: value ? 'Equal' : 'Exists', ...(value && { value }) });
  if (type === 'tolerated') return { words: `it tolerates ${text}`, cost: 1.5, apply };
  return { words: `no longer tainted ${text}`, cost: 3, apply };
}

function withoutLabel(label: string, spec: PodSpec): Change {
  const without = ({ nodeSelector: { [label]: _, ...nodeSelector } = {}, ...others }: PodSpec): PodSpec => {
    return { ...others, nodeSelector: Object.keys(nodeSelector).length > 0 ? nodeSelector : undefined };
  };
  return { words: `it drops nodeSelector ${label}=${spec.nodeSelector?.[label]}`, cost: 2, apply: inSpec(without) };
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

function withoutNodeAffinity({ isPinned }: Supposed): Change {
  const apply = inSpec((spec) => {
    const nodeAffinity = { ...spec.affinity?.nodeAffinity, [REQUIRED]: undefined };
    return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
  });
  const what = isPinned ? "all but the node's name from its required node affinity" : 'its required node affinity';
  return { words: `it drops ${what}`, cost: 2.5, apply };
}

function withoutTerms(kind: 'podAffinity' | 'podAntiAffinity', spec: PodSpec): Change[] {
  const terms: readonly PodAffinityTerm[] = spec.affinity?.[kind]?.[REQUIRED] ?? [];
  const name = kind === 'podAffinity' ? 'pod affinity' : 'pod anti-affinity';
  const keep = (keeps: (term: PodAffinityTerm) => boolean) =>
    inSpec((other) => {
      const kept = other.affinity?.[kind]?.[REQUIRED]?.filter(keeps);
      return { ...other, affinity: { ...other.affinity, [kind]: { ...other.affinity?.[kind], [REQUIRED]: kept } } };
    });
  const byKey = [...new Set(terms.map(({ topologyKey }) => topologyKey))].slice(0, MOST_ALTERNATIVES);
  const single = byKey.map((key): Change => {
    const apply = keep(({ topologyKey }) => topologyKey !== key);
    return { words: `it drops its required ${name} over ${key}`, cost: 3, apply };
  });
  if (byKey.length === 1) return single;
  return [...single, { words: `it drops all its required ${name}`, cost: 3.5, apply: keep(() => false) }];
}

function withoutPorts({ facts, ...others }: Supposed): Supposed {
  return { facts: { ...facts, footprint: new Footprint({ ...facts.footprint, ports: [] }) }, ...others };
}

/** Others give up the terms by which they keep the pod away. */
function welcomed(terms: readonly OwnedTerm[], world: World): Change[] {
  const keys = [...new Set(terms.map(({ topologyKey }) => topologyKey))];
  const waiving = (some: readonly string[]): Change => {
    const waived = terms.filter(({ topologyKey }) => some.includes(topologyKey));
    return {
      words: `${ownersOf(waived, world)} had no required anti-affinity over ${some.join(' and ')}`,
      cost: 3,
      apply: (supposed) => ({ ...supposed, constraints: supposed.constraints.map((one) => waive(one, waived)) }),
    };
  };
  if (keys.length <= 1) return keys.map((key) => waiving([key]));
  return [...keys.slice(0, MOST_ALTERNATIVES).map((key) => waiving([key])), waiving(keys)];
}

function waive(constraint: Constraint, waived: readonly OwnedTerm[]): Constraint {
  if (constraint !== existingAntiAffinity) return constraint;
  return {
    ...constraint,
    compile(pod, world) {
      const isWaived = (rule: DomainRule) => waived.some(({ owners }) => owners === rule.population);
      return { domains: constraint.compile(pod, world)?.domains?.filter((rule) => !isWaived(rule)) };
    },
  };
}

function lessEven(all: readonly Evenness[], slots: readonly number[]): Change[] {
  const changed = ({ index }: Evenness, change: object) =>
    inSpec((spec) => ({
      ...spec,
      topologySpreadConstraints: spec.topologySpreadConstraints?.map((one, at) =>
        at === index ? { ...one, ...change } : one,
      ),
    }));
  const skewed = all.flatMap((evenness): Change[] => {
    const { constraint, skewOf } = evenness;
    const skews = slots.flatMap((slot) => skewOf(slot) ?? []).map(({ count, least }) => count - least);
    const maxSkew = Math.min(...skews.filter((skew) => skew > constraint.maxSkew));
    if (!Number.isFinite(maxSkew)) return [];
    return [
      { words: `maxSkew over ${constraint.topologyKey} is ${maxSkew}`, cost: 2, apply: changed(evenness, { maxSkew }) },
    ];
  });
  const fewer = all.flatMap((evenness): Change[] => {
    const { constraint, domains } = evenness;
    const minDomains = Math.max(1, domains);
    if (minDomains >= (constraint.minDomains ?? 1)) return [];
    const words = `minDomains over ${constraint.topologyKey} is ${minDomains}`;
    return [{ words, cost: 2, apply: changed(evenness, { minDomains }) }];
  });
  const unbound = <C extends object>(one: C) => ({ ...one, whenUnsatisfiable: 'ScheduleAnyway' as const });
  const anyway = all.map(
    (evenness): Change => ({
      words: `its spread over ${evenness.constraint.topologyKey} is ScheduleAnyway`,
      cost: 3,
      apply: changed(evenness, { whenUnsatisfiable: 'ScheduleAnyway' }),
    }),
  );
  if (all.length <= 1) return [...fewer, ...skewed, ...anyway];
  const apply = inSpec((spec) => ({
    ...spec,
    topologySpreadConstraints: spec.topologySpreadConstraints?.map(unbound),
  }));
  return [...fewer, ...skewed, ...anyway, { words: 'all its spread is ScheduleAnyway', cost: 3.5, apply }];
}
