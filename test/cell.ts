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
  /** Further flags of the master, and of agents. */
  masterArgs?: readonly string[];
  agentArgs?: readonly string[];
}

/** A master and an agent in processes of their own, as two machines would have them, in a directory of their own. */
export class TestCell {
  readonly directory: string;
  readonly port: number;
  readonly #options: TestCellOptions;
  master: Program | undefined;
  /** By node name. */
  readonly agents = new Map<string, Program>();

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

  agentDir(nodeName: string): string {
    return join(this.directory, `agent-${nodeName}`);
  }

  /** The agent of the first node. */
  get agent(): Program | undefined {
    return this.agents.get('n1');
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
    const { etcdEndpoints, masterArgs = [] } = this.#options;
    const store = etcdEndpoints ? ['--store', 'etcd', '--etcd-endpoints', etcdEndpoints] : [];
    this.master = Program.stowctl(
      'master',
      '--data-dir',
      this.masterDir,
      '--port',
      String(this.port),
      ...store,
      ...masterArgs,
    );
    await this.master.saysLine(/^ready$/);
  }

  /** A token of `stowctl token create`, as another machine would be given it. */
  async invitation(): Promise<string> {
    const program = Program.stowctl(
      'token',
      'create',
      '--ttl',
      '10m',
      '--kubeconfig',
      join(this.masterDir, 'kubeconfig'),
    );
    await program.saysLine(/^npx stowctl agent --master https:\/\/\S+ --token stw1\.\S+$/);
    return program.stdout.trim().split(' ').at(-1) ?? '';
  }

  /** Default: it joins with the master's own token, which is at hand where both are on one machine. */
  async startAgent(nodeName = 'n1', invitation?: string): Promise<void> {
    const token = invitation ?? (await readFile(join(this.masterDir, 'join-token'), 'utf8')).trim();
    const agent = Program.stowctl(
      'agent',
      ...['--master', `https://127.0.0.1:${this.port}`, '--token', token, '--data-dir', this.agentDir(nodeName)],
      ...['--node-name', nodeName, '--docker-host', this.#options.dockerHost, '--metrics-port', '0'],
      ...(this.#options.agentArgs ?? []),
    );
    this.agents.set(nodeName, agent);
    await agent.saysLine(/^ready$/);
    await this.nodeIs(nodeName, 'Ready');
  }

  async nodeIs(nodeName: string, status: 'Ready' | 'NotReady'): Promise<void> {
    await eventually(`node ${nodeName} to be ${status}`, async () => {
      const { stdout } = await this.kubectl.try(['get', 'node', nodeName, '--no-headers']);
      return stdout.split(/\s+/)[1] === status;
    });
  }

  async start(): Promise<void> {
    await this.startMaster();
    await this.startAgent();
  }

  /** Ends all programs and removes every trace of the cell. */
  async destroy(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.end()));
    await this.master?.end();
    const agentDirs = [...this.agents.keys()].map((nodeName) => this.agentDir(nodeName));
    for (const dataDir of [...agentDirs, this.masterDir]) {
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
