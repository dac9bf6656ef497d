import type { Pod } from '../../api/core/pod.ts';
import { dryRunNote, dryRunOf, type NodeSelection, selectedNodes, setUnschedulable } from '../cordon.ts';
import { parseDuration, parseWhole } from '../durations.ts';
import { CommandFailure, refusedWith } from '../failure.ts';
import type { Session } from '../session.ts';
import { Departures } from './departures.ts';
import { type Farewell, sendAway } from './evict.ts';
import { type DrainPlan, type DrainRules, daemonSetOf, drainPlan, placeOf } from './plan.ts';

export interface DrainFlags extends NodeSelection {
  ignoreDaemonsets?: boolean;
  deleteEmptydirData?: boolean;
  force?: boolean;
  gracePeriod?: string;
  timeout?: string;
  disableEviction?: boolean;
  podSelector?: string;
  skipWaitForDeleteTimeout?: string;
}

const DAEMON_SETS = '/apis/apps/v1';

/**
 * `stowctl drain`: no new pods on these nodes, and those that are there leave, as far as their disruption budgets let them (Kubernetes
 * docs, "Safely Drain a Node"). Resolves once they are gone; rejects where some node could not be emptied, after all have been tried.
 */
export async function drainNodes(session: Session, names: readonly string[], flags: DrainFlags): Promise<void> {
  const dryRun = dryRunOf(flags);
  const { rules, farewell, timeoutMs } = readFlags(flags);
  const nodes = await selectedNodes(session, 'drain', names, flags);
  await setUnschedulable(session, nodes, true, dryRun);
  const failures = new Map<string, CommandFailure>();
  for (const { metadata: { name = '' } = {} } of nodes) {
    try {
      const emptying = new Emptying(session, name, rules, flags.podSelector);
      await emptying.run(dryRun === 'client' ? undefined : farewell, timeoutMs, flags.timeout ?? '');
      session.terminal.out(`node/${name} drained${dryRunNote(dryRun)}\n`);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      const said = error.message.split('\n');
      const what = said.length > 1 ? `[${said.join(', ')}]` : error.message;
      session.terminal.err(`error: unable to drain node "${name}" due to error: ${what}, continuing command...\n`);
      failures.set(name, error);
    }
  }
  const last = [...failures.values()].at(-1);
  if (!last) return;
  session.terminal.err(
    `There are pending nodes to be drained:\n${[...failures.keys()].map((name) => ` ${name}\n`).join('')}`,
  );
  throw new CommandFailure([...failures.values()].map(({ message }) => message).join('\n'), 1, last);
}

function readFlags(flags: DrainFlags): { rules: DrainRules; farewell: Farewell; timeoutMs: number } {
  const grace = flags.gracePeriod === undefined ? -1 : parseWhole(flags.gracePeriod, '--grace-period', -1);
  const skip = flags.skipWaitForDeleteTimeout ?? '0';
  return {
    rules: {
      ignoreDaemonsets: flags.ignoreDaemonsets,
      deleteEmptydirData: flags.deleteEmptydirData,
      force: flags.force,
      skipDeletedAfterMs: parseWhole(skip, '--skip-wait-for-delete-timeout', 0) * 1000,
    },
    farewell: {
      disableEviction: flags.disableEviction,
      gracePeriodSeconds: grace < 0 ? undefined : grace,
      serverDryRun: dryRunOf(flags) === 'server',
    },
    timeoutMs: flags.timeout ? parseDuration(flags.timeout, '--timeout') : 0,
  };
}

/** One node while it is emptied. Owns the watch of its pods. */
class Emptying {
  readonly #session: Session;
  readonly #nodeName: string;
  readonly #rules: DrainRules;
  readonly #departures: Departures;

  constructor(session: Session, nodeName: string, rules: DrainRules, podSelector: string | undefined) {
    this.#session = session;
    this.#nodeName = nodeName;
    this.#rules = rules;
    this.#departures = new Departures(session, nodeName, podSelector);
  }

  /** Without a farewell it only says who would go. 0: it may take any time. */
  async run(farewell: Farewell | undefined, timeoutMs: number, timeout: string): Promise<void> {
    const { terminal, clock, signal } = this.#session;
    const late = new AbortController();
    const timer =
      timeoutMs > 0
        ? clock.setTimer(timeoutMs, () => late.abort(new CommandFailure(`global timeout reached: ${timeout}`)))
        : undefined;
    try {
      const { leaving, warnings, refusals } = await this.#plan();
      if (refusals.length > 0) throw new CommandFailure(refusals.join('\n'));
      if (warnings.length > 0) terminal.err(`Warning: ${warnings.join('; ')}\n`);
      if (farewell) await this.#empty(leaving, farewell, AbortSignal.any([signal, late.signal]));
      else for (const pod of leaving) terminal.out(`evicting pod ${placeOf(pod)} (dry run)\n`);
    } finally {
      timer?.cancel();
      this.#departures.stop();
    }
  }

  async #plan(): Promise<DrainPlan> {
    const pods = await this.#departures.start();
    const { client, clock, signal } = this.#session;
    const named = new Set(pods.map(daemonSetOf).filter((set) => set !== undefined));
    const existing = [...named].map(async (set) => {
      const [namespace, name] = set.split('/');
      const path = `${DAEMON_SETS}/namespaces/${namespace}/daemonsets/${name}`;
      return client.get(path, { signal }).then(
        () => [set],
        (error: unknown) => {
          if (refusedWith(error, 404)) return [];
          throw error;
        },
      );
    });
    return drainPlan(pods, new Set((await Promise.all(existing)).flat()), this.#rules, clock.now());
  }

  /** All at once: a budget lets as many go at a time as it can spare. */
  async #empty(leaving: readonly Pod[], farewell: Farewell, until: AbortSignal): Promise<void> {
    const { terminal } = this.#session;
    const left = new Set(leaving);
    const tries = await Promise.allSettled(
      leaving.map(async (pod) => {
        await this.#seeOff(pod, farewell, until);
        left.delete(pod);
      }),
    );
    const errors = tries.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
    if (errors.length === 0) return;
    const bug = errors.find((error) => !(error instanceof CommandFailure));
    if (bug) throw bug;
    const failure = new CommandFailure(errors.map(({ message }) => message).join('\n'));
    terminal.err(`There are pending pods in node "${this.#nodeName}" when an error occurred: ${errors[0]?.message}\n`);
    for (const { metadata } of left) terminal.err(`pod/${metadata?.name}\n`);
    throw failure;
  }

  async #seeOff(pod: Pod, farewell: Farewell, until: AbortSignal): Promise<void> {
    const { name, namespace, uid = '' } = pod.metadata ?? {};
    const doing = farewell.disableEviction ? 'deleting' : 'evicting';
    const trouble = (error: unknown) =>
      error === until.reason && error instanceof CommandFailure
        ? new CommandFailure(`error when ${doing} pods/"${name}" -n "${namespace}": ${error.message}`)
        : error;
    try {
      await sendAway(this.#session, pod, farewell, until);
      if (farewell.serverDryRun) return;
      await orAborted(this.#departures.gone(uid), until);
    } catch (error) {
      throw trouble(error);
    }
    this.#session.terminal.out(`pod/${name} ${farewell.disableEviction ? 'deleted' : 'evicted'}\n`);
  }
}

/** What the promise comes to, unless the signal aborts first: then its reason. */
function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
