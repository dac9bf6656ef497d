import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { forbiddenField } from '../meta/validation.ts';
import type { Node } from './node.ts';
import { validateAmounts } from './resource-validation.ts';
import { validateTaints } from './taint-validation.ts';

export function validateNode(node: Node): FieldError[] {
  return [...validateTaints(node.spec?.taints, 'spec.taints'), ...validateNodeStatus(node)];
}

/** What a machine says of itself is believed only where it makes sense: pods are placed by it. */
export function validateNodeStatus({ status }: Node): FieldError[] {
  return [
    ...validateAmounts(status?.capacity, 'status.capacity'),
    ...validateAmounts(status?.allocatable, 'status.allocatable'),
  ];
}

/** Who a machine is and which addresses its pods have is settled once. */
export function validateNodeUpdate(next: Node, previous: Node): FieldError[] {
  const errors: FieldError[] = [];
  const { podCIDRs: before = [], providerID: idBefore = '' } = previous.spec ?? {};
  const { podCIDRs: after = [], providerID: idAfter = '' } = next.spec ?? {};
  if (before.length > 0 && !equalJson(before, after))
    errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  if (idBefore && idBefore !== idAfter)
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  return errors;
}
