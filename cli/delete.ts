import type { ApiObject } from '../api/meta/object.ts';
import { watch } from '../client/watching.ts';
import { sleep } from '../platform/clock.ts';
import { pathOf } from './discovery.ts';
import { parseDuration, parseWhole } from './durations.ts';
import { CommandFailure, refusedWith, ServerRefusal, usageFailure } from './failure.ts';
import { raise } from './get/attempts.ts';
import { type PlacedTarget, placeTargets } from './get/plan.ts';
import type { FileFlags } from './manifests.ts';
import { nameLine } from './output.ts';
import type { CommonFlags, Session } from './session.ts';

export interface DeleteFlags extends CommonFlags, FileFlags {
  selector?: string;
  fieldSelector?: string;
  all?: boolean;
  gracePeriod?: string;
  force?: boolean;
  now?: boolean;
  cascade?: string | boolean;
  wait?: boolean;
  timeout?: string;
  ignoreNotFound?: boolean;
  dryRun?: string | boolean;
  output?: string;
}

const PROPAGATION: Record<string, string> = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' };

/** `stowctl delete`: asks for each object's end, then waits until they are gone (unless `--no-wait`). */
export async function deleteObjects(session: Session, words: readonly string[], flags: DeleteFlags): Promise<void> {
  const body = deleteOptions(flags);
  const deadlineMs = flags.timeout ? parseDuration(flags.timeout, '--timeout') : 0;
  const failures: CommandFailure[] = [];
  const deleted: { target: PlacedTarget; uid?: string }[] = [];
  for (const target of await namedTargets(session, words, flags)) {
    try {
      const uid = await deleteOne(session, target, body, flags.dryRun === 'server');
      session.terminal.out(`${deletedLine(target, flags)}\n`);
      deleted.push({ target, uid });
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      if (!(flags.ignoreNotFound && refusedWith(error, 404))) failures.push(error);
    }
  }
  if (flags.wait !== false && !flags.dryRun) {
    for (const { target, uid } of deleted) await waitUntilGone(session, target, uid, deadlineMs);
  }
  raise(session, failures);
}

function deleteOptions(flags: DeleteFlags): object {
  if (flags.now && flags.gracePeriod !== undefined)
    throw usageFailure('error: --now and --grace-period cannot go together');
  const grace = flags.gracePeriod === undefined ? undefined : parseWhole(flags.gracePeriod, '--grace-period', -1);
  const cascade = flags.cascade === true || flags.cascade === undefined ? 'background' : String(flags.cascade);
  const propagationPolicy = PROPAGATION[cascade];
  if (!propagationPolicy) {
    throw usageFailure(`error: --cascade takes background, foreground or orphan, not "${flags.cascade}"`);
  }
  return { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, gracePeriodSeconds: graceSeconds(flags, grace) };
}

/** kubectl's rules: --now is 1; 0 needs --force, or else becomes 1; --force alone is 0; -1 leaves it to the object. */
function graceSeconds(flags: DeleteFlags, grace: number | undefined): number | undefined {
  if (flags.now) return 1;
  if (flags.force) return grace === undefined || grace < 0 ? 0 : grace;
  if (grace === undefined || grace < 0) return undefined;
  return Math.max(1, grace);
}

/** Targets by name: those the words name, or all that a selector or `--all` finds. */
async function namedTargets(session: Session, words: readonly string[], flags: DeleteFlags): Promise<PlacedTarget[]> {
  const targets = await placeTargets(session, words, flags);
  const bySelection = flags.selector !== undefined || flags.fieldSelector !== undefined || flags.all === true;
  if (targets.some((target) => target.name !== undefined)) {
    if (bySelection && !flags.filename?.length)
      throw usageFailure('error: a name and a selector (-l, --all) cannot go together');
    return targets;
  }
  if (!bySelection) throw usageFailure('error: resource(s) were provided, but no name was specified');
  const query = { labelSelector: flags.selector, fieldSelector: flags.fieldSelector };
  const named: PlacedTarget[] = [];
  for (const { resource, namespace } of targets) {
    const path = pathOf(resource, namespace);
    const list = await session.client.get<{ items?: ApiObject[] }>(path, { query, signal: session.signal });
    for (const { metadata } of list.items ?? []) {
      named.push({ resource, name: metadata?.name, namespace: metadata?.namespace });
    }
  }
  if (named.length === 0) session.terminal.err('No resources found\n');
  return named;
}

/** Resolves with the object's uid where the answer tells it. */
async function deleteOne(
  session: Session,
  target: PlacedTarget,
  body: object,
  dryRun: boolean,
): Promise<string | undefined> {
  const path = pathOf(target.resource, target.namespace, target.name);
  const query = { dryRun: dryRun ? 'All' : undefined };
  const answer = await session.client.json<ApiObject & { details?: { uid?: string } }>('DELETE', path, {
    body,
    query,
    signal: session.signal,
  });
  return answer.kind === 'Status' ? answer.details?.uid : answer.metadata?.uid;
}

function deletedLine({ resource, name, namespace }: PlacedTarget, flags: DeleteFlags): string {
  if (flags.output === 'name') return nameLine(resource, name ?? '');
  const kind = resource.group ? `${resource.singular}.${resource.group}` : resource.singular;
  const where = namespace ? ` from ${namespace} namespace` : '';
  const dryRun = flags.dryRun ? ` (${flags.dryRun === 'server' ? 'server ' : ''}dry run)` : '';
  return `${kind} "${name}" ${flags.force ? 'force deleted' : 'deleted'}${where}${dryRun}`;
}

/** Watches until the object with this uid is gone; another of the same name does not count. */
async function waitUntilGone(
  session: Session,
  target: PlacedTarget,
  uid: string | undefined,
  timeoutMs: number,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  const timedOut = timeoutMs > 0 ? sleep(session.clock, timeoutMs, signal).then(() => true) : undefined;
  const gone = untilGone(session, target, uid, signal).then(() => false);
  timedOut?.catch(() => undefined);
  try {
    if (await (timedOut ? Promise.race([gone, timedOut]) : gone)) {
      throw new CommandFailure(
        `error: timed out waiting for the condition on ${nameLine(target.resource, target.name ?? '')}`,
      );
    }
  } finally {
    stop.abort();
    await gone.catch(() => undefined);
  }
}

async function untilGone(
  session: Session,
  target: PlacedTarget,
  uid: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { client } = session;
  const path = pathOf(target.resource, target.namespace);
  const query = { fieldSelector: `metadata.name=${target.name}` };
  // A server may end a watch at any time; each round starts from a fresh list.
  while (!signal.aborted) {
    const list = await client.get<{ items?: ApiObject[]; metadata?: { resourceVersion?: string } }>(path, {
      query,
      signal,
    });
    const found = list.items?.[0];
    if (!found || (uid && found.metadata?.uid !== uid)) return;
    const resourceVersion = list.metadata?.resourceVersion;
    for await (const event of watch(client, path, { query: { ...query, resourceVersion }, signal })) {
      if (event.type === 'DELETED') return;
    }
  }
}
