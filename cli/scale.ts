import { pathOf } from './discovery.ts';
import { parseWhole } from './durations.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { type PlacedTarget, placeTargets } from './get/plan.ts';
import type { FileFlags } from './manifests.ts';
import { nameLine } from './output.ts';
import type { CommonFlags, Session } from './session.ts';

export interface ScaleFlags extends CommonFlags, FileFlags {
  replicas?: string;
  currentReplicas?: string;
  resourceVersion?: string;
  selector?: string;
  all?: boolean;
  dryRun?: string | boolean;
}

/** `autoscaling/v1 Scale`, as much as is read of it. */
interface Scale {
  metadata?: { resourceVersion?: string };
  spec?: { replicas?: number };
}

/** `stowctl scale TYPE/NAME --replicas=N`. */
export async function scale(session: Session, words: readonly string[], flags: ScaleFlags): Promise<void> {
  if (flags.replicas === undefined) throw usageFailure('error: the --replicas=COUNT flag is required');
  const replicas = parseWhole(flags.replicas, '--replicas', 0);
  const targets = await expand(session, await placeTargets(session, words, flags), flags);
  for (const target of targets) {
    await scaleOne(session, target, replicas, flags);
    const dryRun = flags.dryRun === 'server' ? ' (server dry run)' : '';
    session.terminal.out(`${nameLine(target.resource, target.name ?? '')} scaled${dryRun}\n`);
  }
}

async function expand(session: Session, targets: PlacedTarget[], flags: ScaleFlags): Promise<PlacedTarget[]> {
  for (const { resource } of targets) {
    if (resource.subresources.includes('scale')) continue;
    throw new CommandFailure(`error: ${resource.plural} cannot be scaled: the server has no scale for them`);
  }
  if (targets.every((target) => target.name !== undefined)) return targets;
  if (!flags.all && flags.selector === undefined) throw usageFailure('error: name what to scale, or use -l or --all');
  const lists = targets.map(async ({ resource, namespace }) => {
    const query = { labelSelector: flags.selector };
    const list = await session.client.get<{ items?: { metadata: { name: string; namespace?: string } }[] }>(
      pathOf(resource, namespace),
      { query, signal: session.signal },
    );
    return (list.items ?? []).map(({ metadata }) => ({ resource, ...metadata }));
  });
  return (await Promise.all(lists)).flat();
}

/** A precondition (`--current-replicas`, `--resource-version`) makes it a read, a check and a write of what was read. */
async function scaleOne(session: Session, target: PlacedTarget, replicas: number, flags: ScaleFlags): Promise<void> {
  const { client, signal } = session;
  const path = pathOf(target.resource, target.namespace, target.name, 'scale');
  const query = { dryRun: flags.dryRun === 'server' ? 'All' : undefined };
  if (flags.currentReplicas === undefined && flags.resourceVersion === undefined) {
    const contentType = 'application/merge-patch+json';
    await client.json('PATCH', path, { body: { spec: { replicas } }, contentType, query, signal });
    return;
  }
  const found = await client.get<Scale>(path, { signal });
  const expected =
    flags.currentReplicas === undefined ? -1 : parseWhole(flags.currentReplicas, '--current-replicas', -1);
  if (expected >= 0 && found.spec?.replicas !== expected) {
    throw new CommandFailure(`error: Expected replicas to be ${expected}, was ${found.spec?.replicas ?? 0}`);
  }
  const version = found.metadata?.resourceVersion;
  if (flags.resourceVersion !== undefined && version !== flags.resourceVersion) {
    throw new CommandFailure(`error: Expected resource version to be ${flags.resourceVersion}, was ${version}`);
  }
  await client.json('PUT', path, { body: { ...found, spec: { ...found.spec, replicas } }, query, signal });
}
