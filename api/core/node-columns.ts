import type { Column } from '../meta/definition.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { conditionOf } from './conditions.ts';
import type { Node } from './node.ts';

const NONE = '<none>';
const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

function statusText(node: Node): string {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return node.spec?.unschedulable ? `${state},SchedulingDisabled` : state;
}

function rolesText(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value) roles.add(value);
  }
  return [...roles].sort().join(',') || NONE;
}

const addressOf = (node: Node, type: string): string =>
  node.status?.addresses?.find((address) => address.type === type)?.address || NONE;

const column = (name: string, description: string, value: (node: Node) => string, priority?: number): Column<Node> => ({
  name,
  type: 'string',
  description,
  priority,
  value,
});

export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  column('Status', 'Whether the node is ready and takes pods.', statusText),
  column('Roles', 'Roles given by labels.', rolesText),
  ageColumn,
  column('Version', 'Version of the agent.', (node) => node.status?.nodeInfo?.kubeletVersion ?? ''),
  column('Internal-IP', 'Address within the cell.', (node) => addressOf(node, 'InternalIP'), 1),
  column('External-IP', 'Address from outside.', (node) => addressOf(node, 'ExternalIP'), 1),
  column('OS-Image', 'Name of the distribution.', (node) => node.status?.nodeInfo?.osImage || '<unknown>', 1),
  column('Kernel-Version', 'Version of the kernel.', (node) => node.status?.nodeInfo?.kernelVersion || '<unknown>', 1),
  column(
    'Container-Runtime',
    'Container runtime and its version.',
    (node) => node.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    1,
  ),
];
