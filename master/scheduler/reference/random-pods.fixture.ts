import fc from 'fast-check';
import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from '../../../api/core/affinity.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { LabelSelector } from '../../../api/meta/selector.ts';
import {
  clean,
  type Features,
  GPU,
  HOSTNAME,
  IMAGES,
  NAMESPACES,
  nodeName,
  often,
  PAIR,
  RACK,
  seldom,
  ZONE,
} from './random-nodes.fixture.ts';
import { podVolumes } from './random-volumes.fixture.ts';

/** Random pods that use every feature there is, each seldom enough that many find a place. */

/** What pods made from one template share; the rest is identity. */
export interface PodTemplate {
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly owner?: { readonly kind: string; readonly uid: string };
  readonly spec: NonNullable<Pod['spec']>;
}

export const podLabels = fc
  .record({
    app: fc.constantFrom('web', 'db', undefined),
    version: fc.constantFrom('1', '2', undefined),
  })
  .map((labels) => clean(labels) as Record<string, string>);

const selector: fc.Arbitrary<LabelSelector | undefined> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 6, arbitrary: fc.constantFrom('web', 'db').map((app) => ({ matchLabels: { app } })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<LabelSelector>(
      { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'db'] }] },
      { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
      { matchExpressions: [{ key: 'version', operator: 'Exists' }] },
      { matchExpressions: [{ key: 'version', operator: 'DoesNotExist' }], matchLabels: { app: 'web' } },
    ),
  },
);
const labelKeys = seldom(fc.subarray(['app', 'version', 'absent'], { minLength: 1 }), 6);
const topologyKey = fc.constantFrom(HOSTNAME, HOSTNAME, ZONE, ZONE, RACK, PAIR);
const weight = fc.constantFrom(1, 10, 100);

const podTerm: fc.Arbitrary<PodAffinityTerm> = fc.record({
  topologyKey,
  labelSelector: selector,
  namespaces: seldom(fc.subarray([...NAMESPACES], { minLength: 1 }), 6),
  namespaceSelector: seldom(
    fc.constantFrom<LabelSelector>(
      {},
      { matchLabels: { team: 'red' } },
      { matchExpressions: [{ key: 'env', operator: 'DoesNotExist' }] },
    ),
    4,
  ),
  matchLabelKeys: labelKeys,
  mismatchLabelKeys: labelKeys,
});
const terms = (oneIn: number) => seldom(fc.array(podTerm, { minLength: 1, maxLength: 2 }), oneIn);
const weightedTerms = (oneIn: number) =>
  seldom(fc.array(fc.record({ weight, podAffinityTerm: podTerm }), { minLength: 1, maxLength: 2 }), oneIn);

const condition = fc.constantFrom<NodeSelectorRequirement>(
  { key: 'disk', operator: 'In', values: ['ssd'] },
  { key: 'disk', operator: 'NotIn', values: ['ssd'] },
  { key: ZONE, operator: 'In', values: ['a', 'b'] },
  { key: 'size', operator: 'Gt', values: ['4'] },
  { key: 'size', operator: 'Lt', values: ['6'] },
  { key: RACK, operator: 'Exists' },
  { key: 'disk', operator: 'DoesNotExist' },
);
const nodeTerm: fc.Arbitrary<NodeSelectorTerm> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ matchExpressions: fc.array(condition, { minLength: 1, maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 3,
    arbitrary: fc.record({
      matchFields: fc
        .tuple(fc.nat(3), fc.constantFrom('In' as const, 'In' as const, 'NotIn' as const))
        .map(([index, operator]) => [{ key: 'metadata.name', operator, values: [nodeName(index)] }]),
      matchExpressions: seldom(fc.tuple(condition), 3),
    }),
  },
);
const nodeAffinity = fc.record({
  requiredDuringSchedulingIgnoredDuringExecution: seldom(
    fc.record({ nodeSelectorTerms: fc.array(nodeTerm, { minLength: 1, maxLength: 2 }) }),
    2,
  ),
  preferredDuringSchedulingIgnoredDuringExecution: seldom(
    fc.array(fc.record({ weight, preference: nodeTerm }), { minLength: 1, maxLength: 2 }),
    2,
  ),
});

const podAffinity = fc.record({
  requiredDuringSchedulingIgnoredDuringExecution: terms(2),
  preferredDuringSchedulingIgnoredDuringExecution: weightedTerms(2),
});

const spread: fc.Arbitrary<TopologySpreadConstraint> = fc.record({
  topologyKey,
  maxSkew: fc.constantFrom(1, 1, 2, 3),
  whenUnsatisfiable: fc.constantFrom('DoNotSchedule' as const, 'ScheduleAnyway' as const),
  labelSelector: selector,
  matchLabelKeys: labelKeys,
  minDomains: seldom(fc.constantFrom(1, 2, 3), 3),
  nodeAffinityPolicy: seldom(fc.constantFrom('Honor' as const, 'Ignore' as const), 3),
  nodeTaintsPolicy: seldom(fc.constantFrom('Honor' as const, 'Ignore' as const), 3),
});

const toleration = fc.constantFrom(
  { operator: 'Exists' },
  { key: 'dedicated', operator: 'Exists' },
  { key: 'dedicated', value: 'a', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'broken', value: 'b' },
);

const requests = fc.record({
  cpu: seldom(fc.constantFrom('100m', '500m', '1', '0'), 2),
  memory: seldom(fc.constantFrom('100Mi', '512Mi', '1G'), 2),
  [GPU]: seldom(fc.constantFrom('1', '2'), 8),
});
const port = fc.record({
  containerPort: fc.constantFrom(80, 443),
  hostPort: fc.constantFrom(0, 80, 443),
  hostIP: seldom(fc.constantFrom('0.0.0.0', '10.0.0.1', '10.0.0.2'), 2),
  protocol: seldom(fc.constantFrom('TCP' as const, 'UDP' as const), 2),
});
const container = (on: Features) =>
  fc.record({
    name: fc.constant('main'),
    image: fc.constantFrom(...IMAGES),
    resources: often(on.has('requests'), fc.record({ requests, limits: seldom(requests, 4) })),
    ports: often(on.has('ports'), fc.array(port, { minLength: 1, maxLength: 2 }), 4),
  });
const initContainer = (on: Features) =>
  fc
    .tuple(container(on), seldom(fc.constant('Always' as const), 2))
    .map(([own, restartPolicy]) => ({ ...own, name: 'first', restartPolicy }));

const nodeSelector = fc.constantFrom<Record<string, string>>({ disk: 'ssd' }, { [ZONE]: 'a' });
const schedulerName = fc.constantFrom('stowage-pack', 'stowage-spread', 'stowage-balanced', 'stowage', 'another');

const owner = fc.record({
  kind: fc.constantFrom('ReplicaSet', 'StatefulSet', 'Job'),
  uid: fc.constantFrom('owner-1', 'owner-2'),
});

export const podTemplate = (priority: number, on: Features): fc.Arbitrary<PodTemplate> =>
  fc
    .record({
      namespace: on.has('namespaces') ? fc.constantFrom(...NAMESPACES) : fc.constant(NAMESPACES[0]),
      labels: podLabels,
      owner: often(on.has('owners'), owner),
      spec: fc.record({
        containers: fc.array(container(on), { minLength: 1, maxLength: 2 }),
        initContainers: often(on.has('initContainers'), fc.array(initContainer(on), { minLength: 1, maxLength: 2 })),
        overhead: often(on.has('initContainers'), fc.constant({ cpu: '50m', memory: '10Mi' }), 4),
        resources: often(on.has('initContainers'), fc.record({ requests }), 4),
        hostNetwork: often(on.has('ports'), fc.constant(true), 6),
        nodeSelector: often(on.has('nodeAffinity'), nodeSelector, 6),
        affinity: fc.record({
          nodeAffinity: often(on.has('nodeAffinity'), nodeAffinity),
          podAffinity: often(on.has('podAffinity'), podAffinity),
          podAntiAffinity: often(on.has('podAntiAffinity'), podAffinity),
        }),
        tolerations: often(on.has('taints'), fc.array(toleration, { minLength: 1, maxLength: 2 })),
        topologySpreadConstraints: often(on.has('spread'), fc.array(spread, { minLength: 1, maxLength: 2 })),
        schedulerName: often(on.has('schedulers'), schedulerName),
        schedulingGates: seldom(fc.constant([{ name: 'wait' }]), 12),
        volumes: often(on.has('volumes'), podVolumes),
        priority: fc.constant(priority),
        preemptionPolicy: fc.constant('Never' as const),
      }),
    })
    .map(clean) as fc.Arbitrary<PodTemplate>;

/** A pod from the template; the later the number, the younger it is. */
export function podFrom({ namespace, labels, owner: by, spec }: PodTemplate, number: number): Pod {
  const name = `pod-${number}`;
  const ownerReferences = by && [{ apiVersion: 'apps/v1', name: by.uid, controller: true, ...by }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${number}`,
      generation: 1,
      labels: { ...labels },
      ...(by && { ownerReferences }),
    },
    spec: structuredClone(spec),
    status: { phase: 'Pending' },
  };
}

/** What a template may have of its own while it is like another in all else. */
const ASPECTS = [
  'namespace',
  'labels',
  'owner',
  'containers',
  'initContainers',
  'overhead',
  'resources',
  'hostNetwork',
  'nodeSelector',
  'affinity',
  'tolerations',
  'topologySpreadConstraints',
  'schedulerName',
  'volumes',
] as const;

/** Many differ from the one before in one aspect only: so what is taken for the same and is not shows. */
export const podTemplates = (
  priority: number,
  on: Features,
  bounds: fc.ArrayConstraints,
): fc.Arbitrary<PodTemplate[]> =>
  fc
    .array(fc.tuple(podTemplate(priority, on), seldom(fc.constantFrom(...ASPECTS), 2)), bounds)
    .map((all) =>
      all.map(([own, aspect], index) => (aspect && index > 0 ? variation(all[index - 1]![0], own, aspect) : own)),
    );

function variation(of: PodTemplate, own: PodTemplate, aspect: (typeof ASPECTS)[number]): PodTemplate {
  if (aspect === 'namespace' || aspect === 'labels' || aspect === 'owner') return { ...of, [aspect]: own[aspect] };
  return { ...of, spec: { ...of.spec, [aspect]: own.spec[aspect] } };
}
