import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { Kubectl } from './kubectl.ts';
import { Program } from './program.ts';

export interface TestCellOptions {
  dockerHost: string;
  kubectl: string;
  /** Default: the embedded store. */
  etcdEndpoints?: string;
}

/** A master and an agent in processes of their own, as two machines would have them, in a directory of their own. */
export class TestCell {
  readonly directory: string;
  readonly port: number;
  readonly #options: TestCellOptions;
  master: Program | undefined;
  agent: Program | undefined;

  private constructor(options: TestCellOptions, directory: string, port: number) {
    this.#options = options;
    this.directory = directory;
    this.port = port;
  }

  static async create(options: TestCellOptions): Promise<TestCell> {
    return new TestCell(options, await mkdtemp(join(tmpdir(), 'stowage-test-')), await freePort());
  }

  get masterDir(): string {
    return join(this.directory, 'master');
  }

  get agentDir(): string {
    return join(this.directory, 'agent');
  }

  get kubeconfig(): string {
    return join(this.masterDir, 'kubeconfig');
  }

  get kubectl(): Kubectl {
    return new Kubectl(this.#options.kubectl, this.kubeconfig);
  }

  async cellId(): Promise<string> {
    return (await readFile(join(this.masterDir, 'cell-id'), 'utf8')).trim();
  }

  async startMaster(): Promise<void> {
    const { etcdEndpoints } = this.#options;
    const store = etcdEndpoints ? ['--store', 'etcd', '--etcd-endpoints', etcdEndpoints] : [];
    this.master = Program.stowctl('master', '--data-dir', this.masterDir, '--port', String(this.port), ...store);
    await this.master.saysLine(/^ready$/);
  }

  async startAgent(): Promise<void> {
    const token = (await readFile(join(this.masterDir, 'join-token'), 'utf8')).trim();
    this.agent = Program.stowctl(
      'agent',
      ...['--master', `https://127.0.0.1:${this.port}`, '--token', token, '--data-dir', this.agentDir],
      ...['--node-name', 'n1', '--docker-host', this.#options.dockerHost, '--metrics-port', '0'],
    );
    await this.agent.saysLine(/^ready$/);
  }

  async start(): Promise<void> {
    await this.startMaster();
    await this.startAgent();
    await eventually('the node to be Ready', async () => {
      const { stdout } = await this.kubectl.try(['get', 'nodes', '--no-headers']);
      return /\bn1\s+Ready\b/.test(stdout);
    });
  }

  /** Ends both programs and removes every trace of the cell. */
  async destroy(): Promise<void> {
    await this.agent?.end();
    await this.master?.end();
    for (const dataDir of [this.agentDir, this.masterDir]) {
      const down = Program.stowctl('down', '--data-dir', dataDir, '--docker-host', this.#options.dockerHost);
      await down.exit(60_000);
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
