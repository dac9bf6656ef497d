import type { FieldError } from '../meta/errors.ts';
import {
  duplicate,
  forbiddenField,
  invalidValue,
  labelKeyFault,
  labelValueFault,
  nameFault,
  notSupported,
  required,
  validateLabelSelector,
} from '../meta/validation.ts';
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from './affinity.ts';
import { each, faultOf, repeated } from './checks.ts';
import { ownLabelFaults } from './own-label-validation.ts';

/** Where a pod may go ("Assigning Pods to Nodes", "Pod Topology Spread Constraints"). */

const NODE_OPERATORS = ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn'];

function valueCountFaults({ operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const at = `${path}.values`;
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? [] : [required(at, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      return values.length === 1
        ? []
        : [required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      // Another text is reported by the decoder; none at all only here.
      return operator ? [] : [notSupported(`${path}.operator`, operator, NODE_OPERATORS)];
  }
}

function fieldFaults(requirement: NodeSelectorRequirement, path: string): FieldError[] {
  const { key, operator, values = [] } = requirement;
  if (key !== 'metadata.name') return [notSupported(`${path}.key`, key, ['metadata.name'])];
  if (operator !== 'In' && operator !== 'NotIn') return [notSupported(`${path}.operator`, operator, ['In', 'NotIn'])];
  if (values.length !== 1)
    return [
      required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    ];
  return each(values, `${path}.values`, (value, at) => faultOf(at, value, nameFault('subdomain', value)));
}

const termFaults = (term: NodeSelectorTerm, path: string): FieldError[] => [
  ...each(term.matchExpressions, `${path}.matchExpressions`, (requirement, at) => [
    ...valueCountFaults(requirement, at),
    ...faultOf(`${at}.key`, requirement.key, labelKeyFault(requirement.key)),
    ...each(requirement.values, `${at}.values`, (value, valuePath) =>
      faultOf(valuePath, value, labelValueFault(value)),
    ),
  ]),
  ...each(term.matchFields, `${path}.matchFields`, fieldFaults),
];

const weightFaults = (weight: number, path: string): FieldError[] =>
  weight >= 1 && weight <= 100 ? [] : [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')];

/** Also what binds a volume to machines. */
export const validateNodeSelector = ({ nodeSelectorTerms }: NodeSelector, path: string): FieldError[] =>
  nodeSelectorTerms.length === 0
    ? [required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')]
    : each(nodeSelectorTerms, `${path}.nodeSelectorTerms`, termFaults);

function nodeAffinityFaults(affinity: NonNullable<Affinity['nodeAffinity']>, path: string): FieldError[] {
  const must = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  return [
    ...(must ? validateNodeSelector(must, `${path}.requiredDuringSchedulingIgnoredDuringExecution`) : []),
    ...each(
      affinity.preferredDuringSchedulingIgnoredDuringExecution,
      `${path}.preferredDuringSchedulingIgnoredDuringExecution`,
      (term, termPath) => [
        ...weightFaults(term.weight, termPath),
        ...termFaults(term.preference, `${termPath}.preference`),
      ],
    ),
  ];
}

const topologyKeyFaults = (key: string, path: string): FieldError[] =>
  key ? faultOf(`${path}.topologyKey`, key, labelKeyFault(key)) : [required(`${path}.topologyKey`, 'can not be empty')];

const podTermFaults = (term: PodAffinityTerm, path: string): FieldError[] => [
  ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
  ...ownLabelFaults(term.labelSelector, path, {
    matchLabelKeys: term.matchLabelKeys,
    mismatchLabelKeys: term.mismatchLabelKeys,
  }),
  ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
  ...each(term.namespaces, `${path}.namespaces`, (name, at) => faultOf(at, name, nameFault('label', name))),
  ...topologyKeyFaults(term.topologyKey, path),
];

function podAffinityFaults(affinity: Affinity['podAffinity'], path: string): FieldError[] {
  return [
    ...each(
      affinity?.requiredDuringSchedulingIgnoredDuringExecution,
      `${path}.requiredDuringSchedulingIgnoredDuringExecution`,
      podTermFaults,
    ),
    ...each(
      affinity?.preferredDuringSchedulingIgnoredDuringExecution,
      `${path}.preferredDuringSchedulingIgnoredDuringExecution`,
      (term, at) => [...weightFaults(term.weight, at), ...podTermFaults(term.podAffinityTerm, `${at}.podAffinityTerm`)],
    ),
  ];
}

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  return [
    ...(affinity?.nodeAffinity ? nodeAffinityFaults(affinity.nodeAffinity, `${path}.nodeAffinity`) : []),
    ...podAffinityFaults(affinity?.podAffinity, `${path}.podAffinity`),
    ...podAffinityFaults(affinity?.podAntiAffinity, `${path}.podAntiAffinity`),
  ];
}

function constraintFaults(constraint: TopologySpreadConstraint, path: string): FieldError[] {
  const { maxSkew, minDomains, whenUnsatisfiable } = constraint;
  return [
    ...(maxSkew > 0 ? [] : [invalidValue(`${path}.maxSkew`, maxSkew, 'must be greater than zero')]),
    ...topologyKeyFaults(constraint.topologyKey, path),
    ...(whenUnsatisfiable
      ? []
      : [notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'])]),
    ...(minDomains !== undefined && minDomains <= 0
      ? [invalidValue(`${path}.minDomains`, minDomains, 'must be greater than zero')]
      : []),
    ...(minDomains !== undefined && whenUnsatisfiable === 'ScheduleAnyway'
      ? [
          invalidValue(
            `${path}.minDomains`,
            minDomains,
            'can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
          ),
        ]
      : []),
    ...validateLabelSelector(constraint.labelSelector, `${path}.labelSelector`),
    ...ownLabelFaults(constraint.labelSelector, path, { matchLabelKeys: constraint.matchLabelKeys }),
  ];
}

export function validateSpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
): FieldError[] {
  const keyOf = (constraint: TopologySpreadConstraint) =>
    `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
  return [
    ...each(constraints, path, constraintFaults),
    ...repeated(constraints ?? [], keyOf).map(([constraint, index]) =>
      duplicate(`${path}[${index}].{topologyKey, whenUnsatisfiable}`, keyOf(constraint)),
    ),
  ];
}
