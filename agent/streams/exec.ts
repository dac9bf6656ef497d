import type { ExecRequest } from '../../proto/messages.ts';
import type { ContainerStore } from '../container-store.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { ContainerRuntime, ProcessStreams } from '../runtime.ts';
import type { Tunnel } from '../transport.ts';
import { finish, refuse, writePieces } from './frames.ts';

/**
 * Runs a command in a container, or joins the container's own process, with its streams in the tunnel: no faster either way than
 * the other side takes. Ends with a result; lets go of the process when the client leaves.
 */
export async function serveExec(
  request: ExecRequest,
  tunnel: Tunnel,
  store: ContainerStore,
  runtime: ContainerRuntime,
): Promise<void> {
  const container = runningContainer(request, store);
  if (typeof container === 'string') return refuse(tunnel, container);
  const client = new AbortController();
  const signal = AbortSignal.any([client.signal, tunnel.gone]);
  try {
    const process = request.attach
      ? await runtime.attach(container.id, request, signal)
      : await runtime.openExec(container.id, request, signal);
    void feed(process, tunnel).then(() => client.abort(new Error('the client has left')));
    for await (const { stream, data } of process.output) {
      await writePieces(tunnel, stream === 'stderr' ? 'stderr' : 'data', data);
    }
    if (signal.aborted) return;
    await finish(tunnel, await process.exitCode());
  } catch (error) {
    if (!signal.aborted) await refuse(tunnel, (error as Error).message);
  } finally {
    client.abort(new Error('the process has ended'));
  }
}

/** Carries input and terminal sizes to the process. Resolves when the client has left. */
async function feed(process: ProcessStreams, tunnel: Tunnel): Promise<void> {
  try {
    for await (const { data, end, resize } of tunnel) {
      // Input that nobody reads any more is dropped: the client need not know when a process stops listening.
      if (data && data.length > 0) await process.write(data).catch(() => {});
      if (resize) process.resize(resize.width, resize.height);
      if (end) process.endInput();
    }
  } catch {
    // A broken tunnel has no client either.
  }
}

/** The container that is meant, or why it cannot be. */
function runningContainer({ pod, container }: ExecRequest, store: ContainerStore): ObservedContainer | string {
  const found = store
    .of(pod?.uid ?? '')
    .find((one) => one.name === container && one.role !== 'sandbox' && one.state === 'running');
  return found ?? `container "${container}" in pod "${pod?.name}" is not running`;
}
