import type { Pod } from '../../api/core/pod.ts';
import { sleep } from '../../platform/clock.ts';
import { CommandFailure, refusedWith, ServerRefusal } from '../failure.ts';
import type { Session } from '../session.ts';
import { placeOf } from './plan.ts';

/** How pods are asked to leave. */
export interface Farewell {
  /** Budgets are not asked: the pod is deleted. */
  readonly disableEviction?: boolean | undefined;
  /** Absent: what the pod itself says. */
  readonly gracePeriodSeconds?: number | undefined;
  readonly serverDryRun?: boolean | undefined;
}

/** Pauses between tries where a budget refuses: doubled from the first to the longest, which is kubectl's. */
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 5;

/**
 * Asks for a pod's end, again and again while a disruption budget refuses (429; Kubernetes docs, "API-initiated Eviction"). Resolves once
 * it has been granted, or the pod is gone. Rejects with `CommandFailure` where it never will be, or with the signal's reason.
 */
export async function sendAway(session: Session, pod: Pod, farewell: Farewell, signal: AbortSignal): Promise<void> {
  const { name, namespace } = pod.metadata ?? {};
  const doing = farewell.disableEviction ? 'deleting' : 'evicting';
  const note = farewell.serverDryRun ? ' (server dry run)' : '';
  for (let pause = FIRST_PAUSE_SECONDS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_SECONDS)) {
    session.terminal.out(`${doing} pod ${placeOf(pod)}${note}\n`);
    try {
      await ask(session, pod, farewell, signal);
      return;
    } catch (error) {
      if (refusedWith(error, 404)) return;
      const about = `error when ${doing} pods/"${name}" -n "${namespace}"`;
      // A namespace that ends lets nobody be evicted; it deletes its pods itself.
      const ending = isEndingNamespace(error);
      if (ending && pod.metadata?.deletionTimestamp) return;
      if (!refusedWith(error, 429) && !ending) {
        if (!(error instanceof ServerRefusal)) throw error;
        throw new CommandFailure(`${about}: ${error.status.message}`, 1, error);
      }
      session.terminal.err(`${about} (will retry after ${pause}s): ${error.status.message}\n`);
      await sleep(session.clock, pause * 1000, signal);
    }
  }
}

async function ask({ client }: Session, { metadata }: Pod, farewell: Farewell, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid } = metadata ?? {};
  const { gracePeriodSeconds, disableEviction, serverDryRun } = farewell;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  // Another of its name, on another node perhaps, is not meant.
  const deleteOptions = { gracePeriodSeconds, preconditions: { uid }, ...(serverDryRun && { dryRun: ['All'] }) };
  if (disableEviction) {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions };
    await client.json('DELETE', path, { body, signal });
  } else {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions };
    await client.json('POST', `${path}/eviction`, { body, signal });
  }
}

const isEndingNamespace = (error: unknown): error is ServerRefusal =>
  refusedWith(error, 403) &&
  Boolean(error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating'));
