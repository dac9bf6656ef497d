import type Docker from 'dockerode';
import type { Clock } from '../../platform/clock.ts';
import type { LogOptions } from '../runtime.ts';
import type { Engine } from './engine.ts';
import { runtimeError } from './errors.ts';
import { openJsonLog } from './json-log/reader.ts';
import { payloads } from './streams.ts';

/** As long as a timer can be: a container may run for as long as it likes. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** A container's log: from the engine's own files where this process may read them, else as the engine streams it. */
export async function* readLog(
  engine: Engine,
  clock: Clock,
  id: string,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const what = `read the log of container ${id.slice(0, 12)}`;
  const found = await engine.call(what, (docker) => docker.getContainer(id).inspect());
  // Ends the wait for the container's end too.
  const done = new AbortController();
  const ended = AbortSignal.any([signal, done.signal]);
  try {
    const direct = await fromFiles(engine, clock, found, options, ended);
    yield* direct ?? (await fromEngine(engine, what, found, options, ended));
  } catch (error) {
    if (!ended.aborted) throw runtimeError(what, error);
  } finally {
    done.abort();
  }
}

async function fromFiles(
  engine: Engine,
  clock: Clock,
  { Id, LogPath: path, State, HostConfig }: Docker.ContainerInspectInfo,
  options: LogOptions,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (!engine.local || !path || HostConfig.LogConfig?.Type !== 'json-file') return undefined;
  const running = options.follow && State.Running;
  const ended = running ? endOf(engine, Id, signal) : Promise.resolve();
  return await openJsonLog({ path, options, ended, signal, clock });
}

/** The engine has put away all that a container wrote before it says that it has ended. */
function endOf(engine: Engine, id: string, abortSignal: AbortSignal): Promise<unknown> {
  const end = engine.call(
    'wait for the end of a container',
    (docker) => docker.getContainer(id).wait({ condition: 'not-running', abortSignal }),
    FOR_EVER_MS,
  );
  // Nobody may ask any more.
  end.catch(() => {});
  return end;
}

async function fromEngine(
  engine: Engine,
  what: string,
  { Id, Config }: Docker.ContainerInspectInfo,
  { follow, timestamps, tailLines, sinceMs }: LogOptions,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const query = {
    ...{ follow, timestamps, stdout: true, stderr: true },
    ...(tailLines !== undefined && { tail: String(tailLines) }),
    ...(sinceMs !== undefined && { since: (sinceMs / 1000).toFixed(3) }),
  };
  const body = await engine.stream(what, `/containers/${Id}/logs`, query, signal);
  const bytes = body as AsyncIterable<Uint8Array>;
  return Config.Tty ? bytes : payloads(bytes);
}
