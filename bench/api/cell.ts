import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_HEAP_FLAG } from '../../cell/server-heap.ts';
import { ApiClient } from '../../client/client.ts';
import { type ClusterAccess, readKubeconfig } from '../../client/kubeconfig.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import { openSqliteStore } from '../../master/store/sqlite.ts';
import type { Store } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { freePort } from '../../test/cell.ts';
import { startEtcd, type TestEtcd } from '../../test/etcd.ts';
import { eventually } from '../../test/eventually.ts';
import { Program, STOWCTL } from '../../test/program.ts';
import { Profiler } from '../scheduler/profiler.ts';

export type StoreKind = 'etcd' | 'sqlite';

/** What fills a store may wait for it. */
const PATIENCE_MS = 60_000;
const QUOTA_BYTES = 8 * 1024 ** 3;

/**
 * A real master on a real store, each in a process of its own, without nodes that live.
 *
 * Owns: the processes, the directory and what is in it; `down` removes them all.
 */
export class ApiCell {
  readonly #directory: string;
  readonly #etcd: TestEtcd | undefined;
  readonly #port: number;
  #master: Program | undefined;
  profiler: Profiler | undefined;

  private constructor(directory: string, etcd: TestEtcd | undefined, port: number) {
    this.#directory = directory;
    this.#etcd = etcd;
    this.#port = port;
  }

  /** A store that is empty, and no master yet. */
  static async create(kind: StoreKind): Promise<ApiCell> {
    const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
    const etcd = kind === 'etcd' ? await startEtcd(['--quota-backend-bytes', String(QUOTA_BYTES)]) : undefined;
    return new ApiCell(directory, etcd, await freePort());
  }

  get access(): ClusterAccess {
    return readKubeconfig(join(this.#directory, 'kubeconfig'));
  }

  /** Of etcd, where that is the store. */
  get etcdEndpoint(): string | undefined {
    return this.#etcd?.endpoints[0];
  }

  get masterPid(): number {
    return this.#master!.child.pid!;
  }

  /** Lets `fill` write to the store itself, for which the API would take too long. Only while no master runs. */
  async fill(fill: (store: Store) => Promise<void>): Promise<void> {
    const [clock, log] = [systemClock, silentLogger];
    const store = this.#etcd
      ? await openEtcdStore({ endpoints: this.#etcd.endpoints, clock, log, timeoutMs: PATIENCE_MS })
      : await openSqliteStore({ file: join(this.#directory, 'store.db'), clock, log });
    try {
      await fill(store);
    } finally {
      await store.close();
    }
  }

  /** Runs `work` with a master, and ends that. */
  async withMaster<T>(work: (client: ApiClient) => Promise<T>): Promise<T> {
    await this.#start();
    const client = new ApiClient(this.access);
    try {
      return await work(client);
    } finally {
      client.close();
      this.profiler?.close();
      this.profiler = undefined;
      await this.#master?.end();
    }
  }

  async down(): Promise<void> {
    await this.#etcd?.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const store = this.#etcd ? ['--store', 'etcd', '--etcd-endpoints', this.#etcd.endpoints.join(',')] : [];
    const flags = [
      ...['--data-dir', this.#directory, '--port', String(this.#port), '--bind-address', '127.0.0.1', ...store],
      // Nobody speaks for these nodes, and that is not what is measured.
      ...['--node-grace', '86400', '--log-level', 'warn'],
    ];
    const profile = process.env.BENCH_PROFILE === '1';
    const master = new Program(process.execPath, [
      SERVER_HEAP_FLAG,
      ...(profile ? ['--inspect=127.0.0.1:0'] : []),
      STOWCTL,
      'master',
      ...flags,
    ]);
    this.#master = master;
    const ended = once(master.child, 'exit').then(() =>
      Promise.reject(new Error(`the master ended: ${master.output}`)),
    );
    ended.catch(() => {});
    await Promise.race([master.saysLine(/^ready$/, PATIENCE_MS), ended]);
    if (!profile) return;
    const url = await eventually('the inspector', () => /ws:\/\/\S+/.exec(master.stderr)?.[0]);
    this.profiler = await Profiler.connect(url);
  }
}
