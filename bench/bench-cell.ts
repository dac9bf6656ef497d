import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../client/client.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { freePort } from '../test/cell.ts';
import { Program } from '../test/program.ts';

export const DOCKER_HOST = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';

/** A one-machine cell under measurement, in a process of its own. */
export class BenchCell {
  readonly client: ApiClient;
  /** From the start of its process to its `ready`. */
  readonly readyMs: number;
  readonly #program: Program;
  readonly #dataDir: string;

  private constructor(program: Program, dataDir: string, readyMs: number) {
    this.#program = program;
    this.#dataDir = dataDir;
    this.readyMs = readyMs;
    this.client = new ApiClient(readKubeconfig(join(dataDir, 'kubeconfig')));
  }

  static async up(dataDir: string, args: readonly string[] = []): Promise<BenchCell> {
    const port = await freePort();
    const startMs = performance.now();
    const program = Program.stowctl(
      'up',
      ...['--no-demo', '--data-dir', dataDir, '--port', String(port), '--docker-host', DOCKER_HOST, ...args],
    );
    try {
      await program.saysLine(/^ready$/);
    } catch (error) {
      await program.end();
      throw error;
    }
    return new BenchCell(program, dataDir, performance.now() - startMs);
  }

  get pid(): number {
    return this.#program.child.pid!;
  }

  async id(): Promise<string> {
    return (await readFile(join(this.#dataDir, 'cell-id'), 'utf8')).trim();
  }

  /** Ends it and removes every trace of it. */
  async down(): Promise<void> {
    this.client.close();
    await this.#program.end();
    await Program.stowctl('down', '--data-dir', this.#dataDir, '--docker-host', DOCKER_HOST).exit(120_000);
  }
}
