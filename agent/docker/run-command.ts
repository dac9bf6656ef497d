import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Clock } from '../../platform/clock.ts';
import { type ExecResult, RuntimeError } from '../runtime.ts';
import type { Engine } from './engine.ts';
import { runtimeError } from './errors.ts';
import { exitCodeOf, running } from './processes.ts';
import { demultiplex } from './streams.ts';

const WHAT = 'run a command in a container';
/** What is kept of a command's output. */
const OUTPUT_BYTES = 4096;

/** Runs a command in a container to its end; see {@link ContainerRuntime.exec}. It may take as long as `signal` lets it. */
export async function runCommand(
  engine: Engine,
  clock: Clock,
  id: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<ExecResult> {
  const exec = await running(
    engine.call(WHAT, (docker) =>
      docker.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true }),
    ),
  );
  try {
    signal.throwIfAborted();
    const body = await running(engine.call(WHAT, () => exec.start({ Detach: false, Tty: false })));
    const output = await beginningOf(body, signal);
    return { exitCode: await exitCodeOf(engine, clock, exec, signal), output };
  } catch (error) {
    if (!signal.aborted) throw runtimeError(WHAT, error);
    await endCommand(engine, id, exec);
    throw new RuntimeError('failed', `cannot ${WHAT}: ${(signal.reason as Error).message}`, error);
  }
}

/** Reads a command's output to its end and keeps how it begins. */
async function beginningOf(body: Readable, signal: AbortSignal): Promise<string> {
  const leave = () => body.destroy(signal.reason as Error);
  signal.addEventListener('abort', leave, { once: true });
  try {
    const kept: Uint8Array[] = [];
    let size = 0;
    for await (const { data } of demultiplex(body as AsyncIterable<Uint8Array>)) {
      if (size < OUTPUT_BYTES) kept.push(data.slice(0, OUTPUT_BYTES - size));
      size += data.length;
    }
    return Buffer.concat(kept).toString();
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/**
 * The engine has no way to end a command. Where its processes are this machine's, and prove by their control group to be the
 * container's, they are killed; elsewhere they are left alone.
 */
async function endCommand(engine: Engine, id: string, exec: Docker.Exec): Promise<void> {
  if (!engine.local) return;
  try {
    const { Running, Pid } = await engine.call(WHAT, () => exec.inspect());
    if (!Running || !Pid) return;
    const group = await readFile(`/proc/${Pid}/cgroup`, 'utf8');
    // A command is the leader of a session, and so of a group, of its own.
    if (group.includes(id)) process.kill(-Pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or is not ours to end.
  }
}
