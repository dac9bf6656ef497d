import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVER_HEAP_FLAG } from '../../cell/server-heap.ts';
import { ApiClient } from '../../client/client.ts';
import { type ClusterAccess, readKubeconfig } from '../../client/kubeconfig.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import type { Store } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { freePort } from '../../test/cell.ts';
import { startEtcd, type TestEtcd } from '../../test/etcd.ts';
import { eventually } from '../../test/eventually.ts';
import { Program, STOWCTL } from '../../test/program.ts';
import type { HollowAgentsOptions } from './hollow-agents.ts';
import { Profiler } from './profiler.ts';

/** What fills etcd may wait for it. */
const PATIENCE_MS = 60_000;

export interface HollowCellOptions {
  /** Of master and agents. Kept: in the next cell on it, agents need not enrol again. */
  readonly directory: string;
  /** Lets the master be asked for profiles. */
  readonly profile?: boolean;
  /** How long a node may be silent before it counts as lost. Default: the master's own. */
  readonly nodeGraceSeconds?: number;
}

/**
 * A real master on a real etcd, in processes of their own, for nodes that run nothing.
 *
 * Owns: both processes and what etcd keeps; `down` ends and removes them.
 */
export class HollowCell {
  readonly #etcd: TestEtcd;
  readonly #port: number;
  readonly #options: HollowCellOptions;
  #master: Program | undefined;
  #store: Store | undefined;
  #client: ApiClient | undefined;
  profiler: Profiler | undefined;

  private constructor(etcd: TestEtcd, port: number, options: HollowCellOptions) {
    this.#etcd = etcd;
    this.#port = port;
    this.#options = options;
  }

  /** An etcd that runs, and no master yet. */
  static async create(options: HollowCellOptions): Promise<HollowCell> {
    // Gigabytes of pods go through it in a run; the standard quota would be reached.
    const etcd = await startEtcd(['--quota-backend-bytes', String(8 * 1024 ** 3)]);
    return new HollowCell(etcd, await freePort(), options);
  }

  static async up(options: HollowCellOptions): Promise<HollowCell> {
    const cell = await HollowCell.create(options);
    try {
      await cell.startMaster();
      return cell;
    } catch (error) {
      await cell.down();
      throw error;
    }
  }

  get access(): ClusterAccess {
    return readKubeconfig(join(this.#options.directory, 'kubeconfig'));
  }

  get client(): ApiClient {
    this.#client ??= new ApiClient(this.access);
    return this.#client;
  }

  /** What an agent needs to join. */
  async joining(): Promise<Omit<HollowAgentsOptions, 'nodes'>> {
    const { directory: dataDir } = this.#options;
    const joinToken = (await readFile(join(dataDir, 'join-token'), 'utf8')).trim();
    return { masterUrl: this.access.server, joinToken, dataDir };
  }

  get masterPid(): number {
    return this.#master!.child.pid!;
  }

  /** The store under the master, for what would take the API too long. */
  async store(): Promise<Store> {
    const { endpoints } = this.#etcd;
    this.#store ??= await openEtcdStore({ endpoints, clock: systemClock, log: silentLogger, timeoutMs: PATIENCE_MS });
    return this.#store;
  }

  async etcdPid(): Promise<number> {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [, name, parent] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
      if (name === 'etcd' && Number(parent) === process.pid) return Number(pid);
    }
    throw new Error('this process has started no etcd');
  }

  /** `nodeFlags` are for the process itself, such as `--cpu-prof`. */
  async startMaster(nodeFlags: readonly string[] = []): Promise<void> {
    const { profile, nodeGraceSeconds: grace, directory } = this.#options;
    const flags = [
      ...['--data-dir', directory, '--port', String(this.#port), '--bind-address', '127.0.0.1'],
      ...['--store', 'etcd', '--etcd-endpoints', this.#etcd.endpoints.join(',')],
      ...(grace === undefined ? [] : ['--node-grace', String(grace)]),
      ...['--log-level', 'warn'],
    ];
    const inspect = profile ? ['--inspect=127.0.0.1:0'] : [];
    const master = new Program(process.execPath, [
      SERVER_HEAP_FLAG,
      ...inspect,
      ...nodeFlags,
      STOWCTL,
      'master',
      ...flags,
    ]);
    this.#master = master;
    await master.saysLine(/^ready$/, 120_000);
    if (profile) this.profiler = await Profiler.connect(await inspectorOf(master));
  }

  async stopMaster(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    this.profiler?.close();
    this.profiler = undefined;
    await this.#master?.end();
    this.#master = undefined;
  }

  async down(): Promise<void> {
    await this.stopMaster();
    await this.#store?.close();
    await this.#etcd.stop();
  }
}

const inspectorOf = (program: Program): Promise<string> =>
  eventually('the inspector', () => /ws:\/\/\S+/.exec(program.stderr)?.[0]);
