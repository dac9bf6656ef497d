import { ageColumn, nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { described, int32, intOrString, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { formatLabelSelector, LabelSelectorSchema } from '../meta/selector.ts';
import { validateNetworkPolicy } from './network-policy-validation.ts';

/** Who may talk to pods, and to whom they may ("Network Policies"). */

export const IPBlockSchema = struct('io.k8s.api.networking.v1.IPBlock', 'A range of addresses, with holes.', {
  cidr: string('The range, such as 192.168.1.0/24.'),
  except: optional(list(string('A range.'), 'Ranges within it that do not count.')),
});

const NetworkPolicyPeerSchema = struct(
  'io.k8s.api.networking.v1.NetworkPolicyPeer',
  'The other end: addresses, or pods by their labels and those of their namespace.',
  {
    ipBlock: optional(IPBlockSchema),
    namespaceSelector: optional(described(LabelSelectorSchema, 'Namespaces of the pods; empty means all.')),
    podSelector: optional(
      described(LabelSelectorSchema, 'The pods, in those namespaces or in that of the policy; empty means all.'),
    ),
  },
);
export type NetworkPolicyPeer = Static<typeof NetworkPolicyPeerSchema>;

const NetworkPolicyPortSchema = struct('io.k8s.api.networking.v1.NetworkPolicyPort', 'A port, or a range of ports.', {
  endPort: optional(int32('Last port of a range that begins at port.')),
  port: optional(intOrString('Number or name of the port; default all.')),
  protocol: optional(oneOf('TCP (default), UDP or SCTP.', ['SCTP', 'TCP', 'UDP'])),
});
export type NetworkPolicyPort = Static<typeof NetworkPolicyPortSchema>;

const ports = optional(list(NetworkPolicyPortSchema, 'Ports it speaks of; default all.'));

const IngressRuleSchema = struct('io.k8s.api.networking.v1.NetworkPolicyIngressRule', 'Traffic that may come in.', {
  from: optional(list(NetworkPolicyPeerSchema, 'Where it comes from; default anywhere.')),
  ports,
});

const EgressRuleSchema = struct('io.k8s.api.networking.v1.NetworkPolicyEgressRule', 'Traffic that may go out.', {
  ports,
  to: optional(list(NetworkPolicyPeerSchema, 'Where it goes to; default anywhere.')),
});

export const NetworkPolicySpecSchema = struct('io.k8s.api.networking.v1.NetworkPolicySpec', 'What is let through.', {
  egress: optional(list(EgressRuleSchema, 'What may go out of the pods, if the policy is about that.')),
  ingress: optional(list(IngressRuleSchema, 'What may come in to the pods, if the policy is about that.')),
  podSelector: optional(described(LabelSelectorSchema, 'Pods it is about; empty means all of the namespace.')),
  policyTypes: optional(
    list(
      oneOf('Ingress or Egress.', ['Egress', 'Ingress']),
      'What it is about; default Ingress, and Egress where there are rules for that.',
    ),
  ),
});
export type NetworkPolicySpec = Static<typeof NetworkPolicySpecSchema>;

export const NetworkPolicySchema = struct('io.k8s.api.networking.v1.NetworkPolicy', 'Who may talk to some pods.', {
  ...typeMeta,
  metadata,
  spec: optional(NetworkPolicySpecSchema),
});
export type NetworkPolicy = Static<typeof NetworkPolicySchema>;

function setNetworkPolicyDefaults({ spec }: NetworkPolicy): void {
  if (!spec) return;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
}

export const networkPolicies = defineResource<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  categories: [],
  namespaced: true,
  schema: NetworkPolicySchema,
  hasStatus: false,
  columns: [
    nameColumn,
    {
      name: 'Pod-Selector',
      type: 'string',
      description: 'Pods it is about.',
      value: ({ spec }) => formatLabelSelector(spec?.podSelector) || '<none>',
    },
    ageColumn,
  ],
  setDefaults: setNetworkPolicyDefaults,
  validate: validateNetworkPolicy,
  warnings: () => ['NetworkPolicies are enforced where the cell has --network vxlan or host-gw, and nowhere else'],
});
