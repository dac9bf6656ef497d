import type { NodeSelector } from '../../../api/core/affinity.ts';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { ReferenceWorld } from '../reference/world.fixture.ts';

/** Does to a cell and a pod what a remedy says in words, so that the words themselves are put to the proof. */

/** A cell, and a pod that waits in it. */
export interface Scene {
  readonly world: ReferenceWorld;
  readonly pod: Pod;
}

export interface Outcome extends Scene {
  /** What kinds of changes were made. */
  readonly kinds: readonly string[];
  /** The only node that would take the pod then, where one is named. */
  readonly node: string | undefined;
}

type Apply = (scene: Scene, match: RegExpExecArray) => Scene;

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

/** Throws when it does not understand. */
export function carryOut(text: string, scene: Scene): Outcome {
  const whole = /^fits on (?:\d+ nodes|(\S+)) if (.*)$/.exec(text);
  if (!whole) throw new Error(`no such remedy: ${text}`);
  let rest = whole[2]!;
  let changed = scene;
  const kinds: string[] = [];
  while (rest !== '') {
    const [kind, match, apply] = understood(rest);
    changed = apply(changed, match);
    kinds.push(kind);
    rest = rest.slice(match[0].length).replace(/^ and /, '');
  }
  return { ...changed, kinds, node: whole[1] };
}

function understood(text: string): readonly [string, RegExpExecArray, Apply] {
  for (const [kind, [pattern, apply]] of Object.entries(CHANGES)) {
    const match = pattern.exec(text);
    if (match) return [kind, match, apply];
  }
  throw new Error(`no such change: ${text}`);
}

const inSpec = ({ world, pod }: Scene, change: (spec: PodSpec) => PodSpec): Scene => {
  const spec = change(pod.spec!);
  return { world, pod: { ...pod, spec } };
};
const inNodes = ({ world, pod }: Scene, change: (spec: NonNullable<Node['spec']>) => Node['spec']): Scene => {
  const nodes = world.nodes.map((node) => ({ ...node, spec: change(node.spec ?? {}) }));
  return { world: { ...world, nodes }, pod };
};

const split = (text: string): readonly [key: string, value: string | undefined] => {
  const [key, value] = text.split('=');
  return [key!, value];
};

const withoutTaint = (scene: Scene, text: string): Scene => {
  const [key, value] = split(text);
  const isGone = (taint: { key: string; value?: string }) => taint.key === key && (!value || taint.value === value);
  return inNodes(scene, (spec) => ({ ...spec, taints: spec.taints?.filter((taint) => !isGone(taint)) }));
};

const withoutTerms = (spec: PodSpec, kind: 'podAffinity' | 'podAntiAffinity', key?: string): PodSpec => {
  const rules = spec.affinity?.[kind];
  const kept = rules?.[REQUIRED]?.filter(({ topologyKey }) => key !== undefined && topologyKey !== key);
  return { ...spec, affinity: { ...spec.affinity, [kind]: { ...rules, [REQUIRED]: kept } } };
};

const inSpread = (scene: Scene, key: string | undefined, change: object): Scene =>
  inSpec(scene, (spec) => ({
    ...spec,
    topologySpreadConstraints: spec.topologySpreadConstraints?.map((one) =>
      one.whenUnsatisfiable === 'DoNotSchedule' && (!key || one.topologyKey === key) ? { ...one, ...change } : one,
    ),
  }));

/** The pod asks for that much of the resource altogether, in its first container. */
function asking(spec: PodSpec, resource: string, amount: string | undefined): PodSpec {
  const without = <C extends { resources?: PodSpec['resources'] }>(one: C): C => {
    const { [resource]: _, ...requests } = one.resources?.requests ?? {};
    const { [resource]: __, ...limits } = one.resources?.limits ?? {};
    return { ...one, resources: { ...one.resources, requests, limits } };
  };
  const [first, ...others] = spec.containers.map(without);
  if (amount) first!.resources!.requests![resource] = amount;
  const { [resource]: _, ...overhead } = spec.overhead ?? {};
  const { resources } = without({ resources: spec.resources ?? {} });
  const initContainers = spec.initContainers?.map(without);
  return { ...spec, initContainers, containers: [first!, ...others], overhead, resources: spec.resources && resources };
}

const onlyNames = (required: NodeSelector | undefined): NodeSelector | undefined =>
  required && { nodeSelectorTerms: required.nodeSelectorTerms.map(({ matchFields }) => ({ matchFields })) };

const DROPS = /^it drops /.source;
const CHANGES: Readonly<Record<string, readonly [RegExp, Apply]>> = {
  tolerated: [
    /^it tolerates (\S+)/,
    (scene, [, taint]) => {
      const [key, value] = split(taint!);
      const toleration = value === undefined ? { key, operator: 'Exists' } : { key, value };
      return inSpec(scene, (spec) => ({ ...spec, tolerations: [...(spec.tolerations ?? []), toleration] }));
    },
  ],
  uncordoned: [
    /^uncordoned/,
    (scene) =>
      inNodes(withoutTaint(scene, 'node.kubernetes.io/unschedulable'), ({ unschedulable: _, ...spec }) => spec),
  ],
  recovered: [/^no longer tainted (\S+)/, (scene, [, taint]) => withoutTaint(scene, taint!)],
  label: [
    new RegExp(`${DROPS}nodeSelector (\\S+)=\\S+`),
    (scene, [, key]) =>
      inSpec(scene, (spec) => {
        const { [key!]: _, ...nodeSelector } = spec.nodeSelector ?? {};
        return { ...spec, nodeSelector };
      }),
  ],
  nodeAffinity: [
    new RegExp(`${DROPS}(all but the node's name from )?its required node affinity`),
    (scene, [, keepsName]) =>
      inSpec(scene, (spec) => {
        const required = keepsName ? onlyNames(spec.affinity?.nodeAffinity?.[REQUIRED]) : undefined;
        const nodeAffinity = { ...spec.affinity?.nodeAffinity, [REQUIRED]: required };
        return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
      }),
  ],
  ports: [
    new RegExp(`${DROPS}its host ports`),
    (scene) =>
      inSpec(scene, (spec) => {
        const closed = <C extends object>(container: C): C => ({ ...container, ports: undefined });
        return {
          ...spec,
          containers: spec.containers.map(closed),
          initContainers: spec.initContainers?.map(closed),
        };
      }),
  ],
  company: [
    new RegExp(`${DROPS}(?:all )?its required pod affinity(?: over (\\S+))?`),
    (scene, [, key]) => inSpec(scene, (spec) => withoutTerms(spec, 'podAffinity', key)),
  ],
  distance: [
    new RegExp(`${DROPS}(?:all )?its required pod anti-affinity(?: over (\\S+))?`),
    (scene, [, key]) => inSpec(scene, (spec) => withoutTerms(spec, 'podAntiAffinity', key)),
  ],
  welcome: [
    /^\S+(?: and \d+ more)? had no required anti-affinity over (\S+(?: and \S+\/\S+(?! <=)(?= and|$))*)/,
    ({ world, pod }, [, keys]) => {
      const pods = world.pods.map((other) => {
        if (!other.spec?.nodeName) return other;
        let { spec } = other;
        for (const key of keys!.split(' and ')) spec = withoutTerms(spec, 'podAntiAffinity', key);
        return { ...other, spec };
      });
      return { world: { ...world, pods }, pod };
    },
  ],
  maxSkew: [
    /^maxSkew over (\S+) is (\d+)/,
    (scene, [, key, maxSkew]) => inSpread(scene, key, { maxSkew: Number(maxSkew) }),
  ],
  minDomains: [
    /^minDomains over (\S+) is (\d+)/,
    (scene, [, key, minDomains]) => inSpread(scene, key, { minDomains: Number(minDomains) }),
  ],
  anyway: [
    /^(?:all )?its spread(?: over (\S+))? is ScheduleAnyway/,
    (scene, [, key]) => inSpread(scene, key, { whenUnsatisfiable: 'ScheduleAnyway' }),
  ],
  without: [/^it asks for no (\S+)/, (scene, [, name]) => inSpec(scene, (spec) => asking(spec, name!, undefined))],
  amount: [/^(\S+) <= (\S+)/, (scene, [, name, amount]) => inSpec(scene, (spec) => asking(spec, name!, amount))],
};
