import type { PodAffinityTerm } from '../../../api/core/affinity.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { type Taint, tolerates } from '../../../api/core/taints.ts';
import type { World } from '../world.ts';

/** The pod with one thing changed, and how that is said: "fits on 3 nodes <words>". */
export interface Variant {
  readonly words: string;
  readonly spec: PodSpec;
}

/** Distinct taints that are tried: beyond these the list would not help anybody. */
const MOST_TAINTS = 4;

/** Changes to what the pod asks of its node, apart from amounts of resources, that are worth a try. */
export function variantsOf(spec: PodSpec, world: World): Variant[] {
  return [
    ...tolerating(spec, world),
    ...withoutSelectors(spec),
    ...withoutNodeAffinity(spec),
    ...withoutPods(spec),
    ...lessEven(spec),
    ...withoutPorts(spec),
  ];
}

function tolerating(spec: PodSpec, { cell }: World): Variant[] {
  const taints = new Map<string, Taint>();
  let cordoned = false;
  for (const [, node] of cell.nodes()) {
    if (node.spec?.unschedulable) cordoned = true;
    for (const taint of node.spec?.taints ?? []) {
      if (taint.effect === 'PreferNoSchedule' || tolerates(spec.tolerations, taint)) continue;
      if (taints.size < MOST_TAINTS) taints.set(taintText(taint), taint);
    }
  }
  const variants = [...taints].map(([text, { key, value, effect }]) => {
    const toleration = { key, operator: value ? 'Equal' : 'Exists', value, effect };
    return {
      words: `if it tolerates ${text}`,
      spec: { ...spec, tolerations: [...(spec.tolerations ?? []), toleration] },
    };
  });
  if (!cordoned) return variants;
  const cordon = { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' };
  const tolerations = [...(spec.tolerations ?? []), cordon];
  return [...variants, { words: 'if they were uncordoned', spec: { ...spec, tolerations } }];
}

export const taintText = ({ key, value, effect }: Taint): string => `${key}${value ? `=${value}` : ''}:${effect}`;

function withoutSelectors(spec: PodSpec): Variant[] {
  return Object.entries(spec.nodeSelector ?? {}).map(([key, value]) => {
    const { [key]: _, ...nodeSelector } = spec.nodeSelector ?? {};
    return { words: `without nodeSelector ${key}=${value}`, spec: { ...spec, nodeSelector } };
  });
}

function withoutNodeAffinity(spec: PodSpec): Variant[] {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const { nodeAffinity } = spec.affinity ?? {};
  if (!nodeAffinity?.[required]) return [];
  const loose = { ...spec.affinity, nodeAffinity: { ...nodeAffinity, [required]: undefined } };
  return [{ words: 'without its required node affinity', spec: { ...spec, affinity: loose } }];
}

function withoutPods(spec: PodSpec): Variant[] {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const rules = spec.affinity?.[kind];
    const terms: readonly PodAffinityTerm[] = rules?.[required] ?? [];
    return terms.map((term, index) => {
      const rest = terms.filter((_, other) => other !== index);
      const name = kind === 'podAffinity' ? 'pod affinity' : 'pod anti-affinity';
      const affinity = { ...spec.affinity, [kind]: { ...rules, [required]: rest } };
      return { words: `without its required ${name} by ${term.topologyKey}`, spec: { ...spec, affinity } };
    });
  });
}

function lessEven(spec: PodSpec): Variant[] {
  const all = spec.topologySpreadConstraints ?? [];
  return all.flatMap((constraint, index) => {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') return [];
    const instead = (change: Partial<typeof constraint>) => ({
      ...spec,
      topologySpreadConstraints: all.map((other, at) => (at === index ? { ...other, ...change } : other)),
    });
    const { maxSkew, topologyKey } = constraint;
    return [
      { words: `if maxSkew over ${topologyKey} is ${maxSkew + 1}`, spec: instead({ maxSkew: maxSkew + 1 }) },
      {
        words: `if its spread over ${topologyKey} is ScheduleAnyway`,
        spec: instead({ whenUnsatisfiable: 'ScheduleAnyway' }),
      },
    ];
  });
}

function withoutPorts(spec: PodSpec): Variant[] {
  const containers = spec.containers ?? [];
  if (spec.hostNetwork || !containers.some(({ ports }) => ports?.some(({ hostPort }) => hostPort))) return [];
  const loose = containers.map((container) => ({
    ...container,
    ports: container.ports?.map((port) => ({ ...port, hostPort: undefined })),
  }));
  return [{ words: 'without host ports', spec: { ...spec, containers: loose } }];
}
