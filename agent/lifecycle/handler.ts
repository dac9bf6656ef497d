import type { HTTPGetAction } from '../../api/core/probe.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Container } from '../pod-types.ts';
import { portOf } from '../probes/ask.ts';
import { httpGet, urlOf } from '../probes/http-get.ts';
import type { ContainerRuntime } from '../runtime.ts';

export type LifecycleHandler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

/** Where a hook is run. */
export interface HookPlace {
  /** The container's id. */
  readonly id: string;
  readonly ports: Container['ports'];
  /** Address of its pod. */
  readonly podIp: string | undefined;
}

/** How requests of hooks name their sender. */
const HOOK_AGENT = 'kube-lifecycle/1.33';

/**
 * Runs a hook to its end (Kubernetes, "Container Lifecycle Hooks"). Rejects, with a sentence for people, when it does not succeed or
 * `signal` aborts.
 */
export async function runHandler(
  { sleep: pause, exec, httpGet: request }: LifecycleHandler,
  place: HookPlace,
  { runtime, clock }: { readonly runtime: Pick<ContainerRuntime, 'exec'>; readonly clock: Clock },
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  if (pause) return sleep(clock, pause.seconds * 1_000, signal);
  if (exec) return runCommand(exec.command ?? [], place, runtime, signal);
  if (request) return sendRequest(request, place, signal);
  // tcpSocket: kept in the API for old pods; nothing ever honoured it.
}

async function runCommand(
  command: readonly string[],
  { id }: HookPlace,
  runtime: Pick<ContainerRuntime, 'exec'>,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, output } = await runtime.exec(id, command, signal);
  if (exitCode !== 0) throw new Error(`it ended with exit code ${exitCode}${output && `: ${output.trim()}`}`);
}

/** Any answer is a success: a hook tells the container, it does not ask it. */
async function sendRequest(action: HTTPGetAction, { ports, podIp }: HookPlace, signal: AbortSignal): Promise<void> {
  const host = action.host || podIp;
  if (!host) throw new Error('its pod has no address');
  const url = urlOf(action, host, portOf(action.port, ports));
  await httpGet(url, action, HOOK_AGENT, signal);
}
