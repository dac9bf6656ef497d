import type { LogRequest } from '../../proto/messages.ts';
import type { ContainerStore } from '../container-store.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { ContainerRuntime } from '../runtime.ts';
import type { Tunnel } from '../transport.ts';
import { finish, refuse, writePieces } from './frames.ts';

/**
 * Streams a container's log into a tunnel, no faster than the reader takes it: the next piece is asked of the engine when the
 * last one may be followed by another. Ends with a result; resolves when the tunnel may be closed.
 */
export async function serveLogs(
  request: LogRequest,
  tunnel: Tunnel,
  store: ContainerStore,
  runtime: ContainerRuntime,
): Promise<void> {
  const chosen = chooseAttempt(request, store);
  if (typeof chosen === 'string') return refuse(tunnel, chosen);
  const reader = new AbortController();
  void readerLeft(tunnel).then(() => reader.abort(new Error('the reader has left')));
  try {
    await copy(chosen.id, request, tunnel, runtime, reader.signal);
  } catch (error) {
    if (reader.signal.aborted) return;
    return refuse(tunnel, (error as Error).message);
  } finally {
    reader.abort(new Error('the log has ended'));
  }
  await finish(tunnel);
}

async function copy(id: string, request: LogRequest, tunnel: Tunnel, runtime: ContainerRuntime, signal: AbortSignal) {
  const { follow, timestamps, tailLines, sinceMs } = request;
  let left = request.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const data of runtime.logs(id, { follow, timestamps, tailLines, sinceMs }, signal)) {
    const taken = data.subarray(0, Math.min(data.length, left));
    left -= taken.length;
    await writePieces(tunnel, 'data', taken);
    if (left <= 0) return;
  }
}

/** Resolves when the other side ends or breaks the tunnel. */
async function readerLeft(tunnel: Tunnel): Promise<void> {
  try {
    for await (const frame of tunnel) if (frame.end) return;
  } catch {
    // A broken tunnel has no reader either.
  }
}

/** The attempt whose log is asked for, or why there is none. */
export function chooseAttempt(request: LogRequest, store: ContainerStore): ObservedContainer | string {
  const { pod, container, previous } = request;
  const attempts = store
    .of(pod?.uid ?? '')
    .filter((one) => one.name === container && one.state !== 'created')
    .sort((a, b) => b.attempt - a.attempt);
  const chosen = attempts[previous ? 1 : 0];
  if (chosen) return chosen;
  const where = `container "${container}" in pod "${pod?.name}"`;
  if (previous) return `previous terminated ${where} not found`;
  return `${where} is waiting to start or has been removed: there is no log`;
}
