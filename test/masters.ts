import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './cell.ts';
import { eventually } from './eventually.ts';
import { Kubectl } from './kubectl.ts';
import { Program } from './program.ts';

export interface MastersOptions {
  readonly dockerHost: string;
  readonly kubectl: string;
  /** Flags that say where the cell is kept: `--etcd-endpoints`, and what else etcd asks for. */
  readonly etcd: readonly string[];
  readonly masterArgs?: readonly string[];
  readonly agentArgs?: readonly string[];
}

/** One of the masters of a cell: a process with a data directory and a port of its own. */
export class OneMaster {
  readonly dataDir: string;
  readonly port: number;
  readonly #options: MastersOptions;
  program: Program | undefined;

  constructor(dataDir: string, port: number, options: MastersOptions) {
    this.dataDir = dataDir;
    this.port = port;
    this.#options = options;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get kubeconfig(): string {
    return join(this.dataDir, 'kubeconfig');
  }

  get kubectl(): Kubectl {
    return new Kubectl(this.#options.kubectl, this.kubeconfig);
  }

  async start(): Promise<void> {
    const { etcd, masterArgs = [] } = this.#options;
    this.program = Program.stowctl(
      ...['master', '--data-dir', this.dataDir, '--port', String(this.port), '--bind-address', '127.0.0.1'],
      ...['--store', 'etcd', ...etcd, ...masterArgs],
    );
    await this.program.saysLine(/^ready$/);
  }

  /** SIGKILL: as if its machine were switched off. */
  async kill(): Promise<void> {
    await this.program?.end('SIGKILL');
  }
}

/**
 * A cell of several masters on one etcd, each with an empty directory at first, and agents that know one or more of them.
 *
 * Owns: the processes and a directory; `destroy` ends and removes them, with the containers of the agents.
 */
export class TestMasters {
  readonly directory: string;
  readonly masters: OneMaster[] = [];
  readonly agents = new Map<string, Program>();
  readonly #options: MastersOptions;

  private constructor(directory: string, options: MastersOptions) {
    this.directory = directory;
    this.#options = options;
  }

  static async create(options: MastersOptions): Promise<TestMasters> {
    return new TestMasters(await mkdtemp(join(tmpdir(), 'stowage-masters-')), options);
  }

  async add(): Promise<OneMaster> {
    const port = await freePort();
    const master = new OneMaster(join(this.directory, `master-${port}`), port, this.#options);
    this.masters.push(master);
    await master.start();
    return master;
  }

  /** The command that `stowctl token create` prints at a master, without the program's name. */
  async invitation(by: OneMaster): Promise<string[]> {
    const program = Program.stowctl('token', 'create', '--ttl', '10m', '--kubeconfig', by.kubeconfig);
    await program.saysLine(/^npx stowctl agent --master https:\/\/\S+ --token stw1\.\S+$/);
    return program.stdout.trim().split(' ').slice(2);
  }

  agentDir(nodeName: string): string {
    return join(this.directory, `agent-${nodeName}`);
  }

  /** `joining`: as `invitation` gives it. */
  async startAgent(nodeName: string, joining: readonly string[]): Promise<Program> {
    const { dockerHost, agentArgs = [] } = this.#options;
    const agent = Program.stowctl(
      ...[...joining, '--data-dir', this.agentDir(nodeName), '--node-name', nodeName],
      ...['--docker-host', dockerHost, '--metrics-port', '0', ...agentArgs],
    );
    this.agents.set(nodeName, agent);
    await agent.saysLine(/^ready$/);
    return agent;
  }

  /** Of a node, as its agent last said in its log which master welcomed it. */
  async nodeIs(at: OneMaster, nodeName: string, status: 'Ready' | 'NotReady', deadlineMs?: number): Promise<void> {
    const probe = async () => {
      const { stdout } = await at.kubectl.try(['get', 'node', nodeName, '--no-headers']);
      return stdout.split(/\s+/)[1] === status;
    };
    await eventually(`node ${nodeName} to be ${status}`, probe, deadlineMs);
  }

  async destroy(): Promise<void> {
    for (const { child } of this.agents.values()) child.kill('SIGCONT');
    await Promise.all([...this.agents.values()].map((agent) => agent.end()));
    for (const { program } of this.masters) {
      program?.child.kill('SIGCONT');
      await program?.end();
    }
    const dirs = [...this.agents.keys()].map((nodeName) => this.agentDir(nodeName));
    for (const dataDir of dirs) {
      const down = Program.stowctl('down', '--data-dir', dataDir, '--docker-host', this.#options.dockerHost);
      await down.exit(60_000);
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}
