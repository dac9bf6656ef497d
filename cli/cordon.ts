import type { Node } from '../api/core/node.ts';
import { CommandFailure, ServerRefusal, usageFailure } from './failure.ts';
import { raise } from './get/attempts.ts';
import type { CommonFlags, Session } from './session.ts';

export interface NodeSelection extends CommonFlags {
  selector?: string;
  dryRun?: string | boolean;
}

export const NODES = '/api/v1/nodes';

type DryRun = 'none' | 'client' | 'server';

/** `stowctl cordon` and `stowctl uncordon`: whether new pods are placed on these nodes. */
export async function cordonNodes(
  session: Session,
  command: 'cordon' | 'uncordon',
  names: readonly string[],
  flags: NodeSelection,
): Promise<void> {
  const nodes = await selectedNodes(session, command, names, flags);
  await setUnschedulable(session, nodes, command === 'cordon', dryRunOf(flags));
}

/** The nodes that are named or selected. A name that is no node's fails before anything is changed. */
export async function selectedNodes(
  session: Session,
  command: string,
  names: readonly string[],
  { selector }: NodeSelection,
): Promise<Node[]> {
  const { client, signal } = session;
  if (names.length > 0 && selector !== undefined)
    throw usageFailure('error: cannot specify both a node name and a --selector option');
  if (names.length === 0 && selector === undefined)
    throw usageFailure(`error: name the nodes, or select some with -l: stowctl ${command} NODE...`);
  if (selector !== undefined) {
    const query = { labelSelector: selector };
    const { items = [] } = await client.get<{ items?: Node[] }>(NODES, { query, signal });
    return items;
  }
  const found = await Promise.all(
    // `node/n1` is taken too.
    [...new Set(names.map((name) => name.replace(/^nodes?\//, '')))].map((name) =>
      client.get<Node>(`${NODES}/${name}`, { signal }).catch((error: unknown) => {
        if (error instanceof ServerRefusal) return error;
        throw error;
      }),
    ),
  );
  raise(
    session,
    found.filter((each) => each instanceof CommandFailure),
  );
  return found.filter((each): each is Node => !(each instanceof CommandFailure));
}

/** Writes `spec.unschedulable` where it is not as wanted, and tells of each node what it is now. */
export async function setUnschedulable(
  { client, terminal, signal }: Session,
  nodes: readonly Node[],
  unschedulable: boolean,
  dryRun: DryRun,
): Promise<void> {
  const done = unschedulable ? 'cordoned' : 'uncordoned';
  for (const { metadata: { name = '' } = {}, spec } of nodes) {
    const already = (spec?.unschedulable ?? false) === unschedulable;
    if (!already && dryRun !== 'client') {
      await client.json('PATCH', `${NODES}/${name}`, {
        body: { spec: { unschedulable: unschedulable || null } },
        contentType: 'application/strategic-merge-patch+json',
        query: { dryRun: dryRun === 'server' ? 'All' : undefined },
        signal,
      });
    }
    terminal.out(`node/${name} ${already ? 'already ' : ''}${done}${dryRunNote(dryRun)}\n`);
  }
}

/** Reads `--dry-run`, alone or with a value. */
export function dryRunOf({ dryRun = 'none' }: NodeSelection): DryRun {
  const asked = dryRun === true ? 'client' : String(dryRun);
  if (asked === 'none' || asked === 'client' || asked === 'server') return asked;
  throw usageFailure(`error: --dry-run takes none, client or server, not "${asked}"`);
}

export const dryRunNote = (dryRun: DryRun): string =>
  ({ none: '', client: ' (dry run)', server: ' (server dry run)' })[dryRun];
