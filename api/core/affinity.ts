import { atomicMap, described, int32, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';

/** Which nodes a pod may or would rather run on ("Assigning Pods to Nodes", "Pod Topology Spread Constraints"). */

export const NodeSelectorRequirementSchema = struct(
  'io.k8s.api.core.v1.NodeSelectorRequirement',
  'A condition on one label or field of a node.',
  {
    key: string('Label or field it looks at.'),
    operator: oneOf('How the value is compared.', ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
    values: optional(list(string('A value.'), 'What it is compared with; one integer for Gt and Lt, none for Exists.')),
  },
);
export type NodeSelectorRequirement = Static<typeof NodeSelectorRequirementSchema>;

export const NodeSelectorTermSchema = atomicMap(
  struct('io.k8s.api.core.v1.NodeSelectorTerm', 'Conditions that must all hold; an empty term matches no node.', {
    matchExpressions: optional(list(NodeSelectorRequirementSchema, 'Conditions on labels.')),
    matchFields: optional(list(NodeSelectorRequirementSchema, 'Conditions on fields (metadata.name).')),
  }),
);
export type NodeSelectorTerm = Static<typeof NodeSelectorTermSchema>;

export const NodeSelectorSchema = atomicMap(
  struct('io.k8s.api.core.v1.NodeSelector', 'Matches a node when one of its terms does.', {
    nodeSelectorTerms: list(NodeSelectorTermSchema, 'Terms, of which one must match.'),
  }),
);
export type NodeSelector = Static<typeof NodeSelectorSchema>;

export const NodeAffinitySchema = struct('io.k8s.api.core.v1.NodeAffinity', 'Rules on labels of nodes.', {
  preferredDuringSchedulingIgnoredDuringExecution: optional(
    list(
      struct('io.k8s.api.core.v1.PreferredSchedulingTerm', 'A term and what it is worth.', {
        preference: NodeSelectorTermSchema,
        weight: int32('Worth, 1 to 100.'),
      }),
      'Nodes that are better, by the sum of the weights of the terms they match.',
    ),
  ),
  requiredDuringSchedulingIgnoredDuringExecution: optional(
    described(NodeSelectorSchema, 'Nodes the pod may be placed on.'),
  ),
});
export type NodeAffinity = Static<typeof NodeAffinitySchema>;

export const PodAffinityTermSchema = struct(
  'io.k8s.api.core.v1.PodAffinityTerm',
  'A set of pods, and the domain in which the pod should (or should not) be with them.',
  {
    labelSelector: optional(described(LabelSelectorSchema, 'Pods that are meant; none selects no pod.')),
    matchLabelKeys: optional(list(string('A label key.'), 'Labels whose values must be those of the placed pod.')),
    mismatchLabelKeys: optional(list(string('A label key.'), 'Labels whose values must differ from the placed pod.')),
    namespaceSelector: optional(described(LabelSelectorSchema, 'Namespaces in which pods are looked for.')),
    namespaces: optional(list(string('A namespace.'), 'Further namespaces; default the one of the pod.')),
    topologyKey: string('Node label whose equal values make one domain.'),
  },
);
export type PodAffinityTerm = Static<typeof PodAffinityTermSchema>;

const WeightedPodAffinityTermSchema = struct(
  'io.k8s.api.core.v1.WeightedPodAffinityTerm',
  'A term and what it is worth.',
  {
    podAffinityTerm: PodAffinityTermSchema,
    weight: int32('Worth, 1 to 100.'),
  },
);

export const PodAffinitySchema = struct('io.k8s.api.core.v1.PodAffinity', 'Rules to be near other pods.', {
  preferredDuringSchedulingIgnoredDuringExecution: optional(
    list(WeightedPodAffinityTermSchema, 'Domains that are better, by the sum of the weights.'),
  ),
  requiredDuringSchedulingIgnoredDuringExecution: optional(
    list(PodAffinityTermSchema, 'Terms that must all hold when the pod is placed.'),
  ),
});

export const PodAntiAffinitySchema = struct('io.k8s.api.core.v1.PodAntiAffinity', 'Rules to be away from other pods.', {
  preferredDuringSchedulingIgnoredDuringExecution: optional(
    list(WeightedPodAffinityTermSchema, 'Domains that are worse, by the sum of the weights.'),
  ),
  requiredDuringSchedulingIgnoredDuringExecution: optional(
    list(PodAffinityTermSchema, 'Terms none of which may match when the pod is placed.'),
  ),
});

export const AffinitySchema = struct('io.k8s.api.core.v1.Affinity', 'Rules on where a pod is placed.', {
  nodeAffinity: optional(NodeAffinitySchema),
  podAffinity: optional(PodAffinitySchema),
  podAntiAffinity: optional(PodAntiAffinitySchema),
});
export type Affinity = Static<typeof AffinitySchema>;

const POLICIES = ['Honor', 'Ignore'] as const;

export const TopologySpreadConstraintSchema = struct(
  'io.k8s.api.core.v1.TopologySpreadConstraint',
  'How evenly pods are spread over domains.',
  {
    labelSelector: optional(described(LabelSelectorSchema, 'Pods that are counted.')),
    matchLabelKeys: optional(list(string('A label key.'), 'Labels whose values must be those of the placed pod.')),
    maxSkew: int32('Most by which a domain may hold more pods than the emptiest one.'),
    minDomains: optional(int32('With fewer domains than this, the emptiest counts as empty.')),
    nodeAffinityPolicy: optional(oneOf('Whether nodes the pod may not use are left out; default Honor.', POLICIES)),
    nodeTaintsPolicy: optional(oneOf('Whether nodes with taints are left out; default Ignore.', POLICIES)),
    topologyKey: string('Node label whose equal values make one domain.'),
    whenUnsatisfiable: oneOf('Whether a pod that would break the rule waits or is placed anyway.', [
      'DoNotSchedule',
      'ScheduleAnyway',
    ]),
  },
);
export type TopologySpreadConstraint = Static<typeof TopologySpreadConstraintSchema>;
