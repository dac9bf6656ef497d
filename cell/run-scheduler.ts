import { hostname } from 'node:os';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { createRemoteScheduler } from '../master/remote/remote-scheduler.ts';
import { standardTerminal } from './client.ts';
import { groundFor } from './parts.ts';
import type { SchedulerValues } from './settings.ts';
import { untilAborted } from './signals.ts';
import { Trouble } from './trouble.ts';

/**
 * `stowctl scheduler`: our scheduler against any Kubernetes API server, until the signal aborts. Prints `ready` when it knows all that
 * is there; a server that cannot be reached yet is waited for.
 */
export async function runScheduler(values: SchedulerValues, signal: AbortSignal): Promise<void> {
  const { kubeconfig, context, schedulerName, leaderElect, logLevel } = values;
  if (!kubeconfig) throw new Trouble('which API server? Name a kubeconfig with --kubeconfig FILE', 2);
  const scheduler = createRemoteScheduler({
    access: readKubeconfig(kubeconfig, context),
    schedulerName,
    leaderElect: leaderElect === 'true',
    hostname: hostname(),
    ...groundFor(logLevel),
  });
  const stopping = untilAborted(signal).then(() => scheduler.stop());
  await scheduler.start();
  if (!signal.aborted) standardTerminal.out('ready\n');
  await stopping;
}
