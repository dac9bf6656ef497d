import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { type Clock, sleep } from '../../platform/clock.ts';
import {
  type ExecOptions,
  isRuntimeError,
  type LogChunk,
  type ProcessStreams,
  RuntimeError,
  type StreamOptions,
} from '../runtime.ts';
import type { Engine } from './engine.ts';
import { demultiplex, plain } from './streams.ts';

/** The engine knows a command's end a moment after its output has ended; longest time between two questions. */
const MAX_EXIT_POLL_MS = 1_000;

/** Starts a command in a container (Docker Engine API, "Create an exec instance", "Start an exec instance"). */
export async function openExec(
  engine: Engine,
  clock: Clock,
  id: string,
  request: ExecOptions,
  signal: AbortSignal,
): Promise<ProcessStreams> {
  const { stdin, stdout, stderr, tty } = request;
  const streams = { AttachStdin: stdin, AttachStdout: stdout, AttachStderr: stderr && !tty, Tty: tty };
  const opened = await running(
    engine.call('run a command in a container', async (docker) => {
      const exec = await docker.getContainer(id).exec({ Cmd: [...request.command], ...streams, abortSignal: signal });
      return { exec, socket: await exec.start({ hijack: true, stdin: false, Detach: false, Tty: tty }) };
    }),
  );
  return new SocketStreams(opened.socket, tty, signal, {
    resize: (size) => engine.call('resize a terminal', () => opened.exec.resize(size)),
    exitCode: () => exitCodeOf(engine, clock, opened.exec, signal),
    inputCanEnd: !tty,
  });
}

/** Joins a container's own process (Docker Engine API, "Attach to a container"). */
export async function attach(
  engine: Engine,
  id: string,
  request: StreamOptions,
  signal: AbortSignal,
): Promise<ProcessStreams> {
  const { stdin, stdout, stderr } = request;
  const what = 'attach to a container';
  const { socket, tty, inputCanEnd } = await running(
    engine.call(what, async (docker) => {
      const container = docker.getContainer(id);
      const { Config, State } = await container.inspect();
      if (!State.Running) throw new RuntimeError('failed', `cannot ${what}: it does not run`);
      const options = { stream: true, hijack: true, stdin, stdout, stderr: stderr || Config.Tty };
      const inputCanEnd = Config.StdinOnce && !Config.Tty;
      return { socket: await container.attach(options), tty: Config.Tty, inputCanEnd };
    }),
  );
  return new SocketStreams(socket as Duplex, tty, signal, {
    resize: (size) => engine.call('resize a terminal', (docker) => docker.getContainer(id).resize(size)),
    exitCode: async () => 0,
    inputCanEnd,
  });
}

/** Engines call it a conflict when a container does not run. */
export async function running<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw isRuntimeError(error, 'conflict') ? new RuntimeError('failed', error.message, error) : error;
  }
}

export async function exitCodeOf(
  engine: Engine,
  clock: Clock,
  exec: Docker.Exec,
  signal: AbortSignal,
): Promise<number> {
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, MAX_EXIT_POLL_MS)) {
    const { ExitCode, Running } = await engine.call('learn how a command ended', () => exec.inspect());
    if (!Running && ExitCode !== null) return ExitCode;
    signal.throwIfAborted();
    await sleep(clock, waitMs);
  }
}

interface Control {
  resize(size: { w: number; h: number }): Promise<unknown>;
  exitCode(): Promise<number>;
  /**
   * Whether the process is told of the end of its input. Where it is not (a terminal, a container that others may attach to later),
   * the engine would take that end for the client's leave and end the output too.
   */
  readonly inputCanEnd: boolean;
}

/** Streams over the connection that the engine has turned into one. Owns the socket. */
class SocketStreams implements ProcessStreams {
  readonly output: AsyncIterable<LogChunk>;
  readonly #socket: Duplex;
  readonly #control: Control;
  readonly #signal: AbortSignal;
  readonly #close = () => this.close();
  #wantedSize: { w: number; h: number } | undefined;
  #resizing = false;

  constructor(socket: Duplex, tty: boolean, signal: AbortSignal, control: Control) {
    this.#socket = socket;
    this.#control = control;
    this.#signal = signal;
    // Whoever reads or writes hears of it.
    socket.on('error', () => {});
    signal.addEventListener('abort', this.#close, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', this.#close));
    if (signal.aborted) this.close();
    this.output = (tty ? plain : demultiplex)(socket as AsyncIterable<Uint8Array>);
  }

  write(data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // A destroyed socket calls back too, with an error.
      this.#socket.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  endInput(): void {
    if (this.#control.inputCanEnd) this.#socket.end();
  }

  resize(w: number, h: number): void {
    this.#wantedSize = { w, h };
    if (!this.#resizing) void this.#resizeToNewest();
  }

  exitCode(): Promise<number> {
    return this.#control.exitCode();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** One question at a time; sizes that came meanwhile are overtaken by the newest. */
  async #resizeToNewest(): Promise<void> {
    this.#resizing = true;
    for (let size = this.#wantedSize; size && !this.#signal.aborted; size = this.#wantedSize) {
      this.#wantedSize = undefined;
      // The process may have ended by now.
      await this.#control.resize(size).catch(() => {});
    }
    this.#resizing = false;
  }
}
