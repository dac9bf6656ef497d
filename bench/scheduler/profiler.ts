import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Profile, summary } from './profile-summary.ts';

const SAMPLING_US = 200;

/** Asks a Node process that runs with `--inspect` for a CPU profile of just the time that matters. */
export class Profiler {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id !== undefined) this.#waiting.get(id)?.(result);
    });
  }

  static async connect(url: string): Promise<Profiler> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    const profiler = new Profiler(socket);
    await profiler.#call('Profiler.enable');
    await profiler.#call('Profiler.setSamplingInterval', { interval: SAMPLING_US });
    return profiler;
  }

  async start(): Promise<void> {
    await this.#call('Profiler.start');
  }

  /** Keeps the profile in `bench/results/NAME.cpuprofile`, and tells what took the most time by itself. */
  async stop(name: string, say: (line: string) => void): Promise<void> {
    const { profile } = (await this.#call('Profiler.stop')) as { profile: Profile };
    const directory = fileURLToPath(new URL('../results/', import.meta.url));
    await mkdir(directory, { recursive: true });
    const file = `${directory}${name.replaceAll(/[^a-z0-9]+/gi, '-')}.cpuprofile`;
    await writeFile(file, JSON.stringify(profile));
    say(`profile: ${file}`);
    for (const line of summary(profile)) say(line);
  }

  close(): void {
    this.#socket.close();
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
