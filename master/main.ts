import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { resources } from '../api/registry.ts';
import type { Clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import { collectDefaultMetrics, Registry } from '../platform/metrics.ts';
import type { Rng } from '../platform/rng.ts';
import { stowageVersion } from '../platform/version.ts';
import { enrolmentRoute } from './agents/enrolment-route.ts';
import { createAgentServer } from './agents/server.ts';
import { createApiServer } from './apiserver/server.ts';
import { bootstrap } from './bootstrap.ts';
import { ensureCellId } from './cell-id.ts';
import type { MasterContext } from './context.ts';
import { createControllers } from './controllers/create-controllers.ts';
import { adminKubeconfig, type Credentials, openCredentials, writePrivately } from './credentials.ts';
import { Leadership, type Term } from './leadership.ts';
import { ensureMasterId } from './master-id.ts';
import { QuotaLedger } from './objects/admission/quota-ledger.ts';
import { quotaRoom } from './objects/admission/quota-room.ts';
import { standardAdmission } from './objects/admission/standard.ts';
import { createObjects } from './objects/create-objects.ts';
import { StoredEventRecorder } from './objects/event-recorder.ts';
import { eventRetention } from './objects/retention.ts';
import { PodMetrics } from './pod-metrics.ts';
import { createScheduler } from './scheduler/create-scheduler.ts';
import { openEtcdStore } from './store/etcd.ts';
import { openSqliteStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';
import { WatchCache } from './store/watch-cache.ts';

export interface MasterOptions {
  /** Certificates, join token, kubeconfig and, for sqlite, the store. Made where it is absent. */
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly bindAddress: string;
  readonly store: { kind: 'sqlite' } | { kind: 'etcd'; endpoints: string[]; prefix?: string };
  /** How long a node may be silent before it counts as lost. Default 40 s. */
  readonly nodeGraceMs?: number;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

export interface Master extends Service {
  /** Valid after `start`, as are the others. */
  readonly url: string;
  readonly cellId: string;
  readonly joinToken: string;
  adminKubeconfig(): string;
}

const DEFAULT_NODE_GRACE_MS = 40_000;
/** Agents say this often that they live; four may go missing before a node counts as lost. */
const HEARTBEATS_PER_GRACE = 4;

export function createMaster(options: MasterOptions): Master {
  return new RunningMaster(options);
}

/**
 * Wires the master's rooms together.
 *
 * Owns: what has been started, in order; `stop` ends it in reverse, also when `start` failed half-way.
 */
class RunningMaster implements Master {
  readonly #options: MasterOptions;
  readonly #started: { stop(): Promise<void> }[] = [];
  #credentials: Credentials | undefined;
  #api: { readonly url: string } | undefined;
  #cellId = '';

  constructor(options: MasterOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#api?.url ?? '';
  }

  get cellId(): string {
    return this.#cellId;
  }

  get joinToken(): string {
    return this.#credentials?.joinToken ?? '';
  }

  adminKubeconfig(): string {
    return this.#credentials ? adminKubeconfig(this.#credentials, this.url, this.#cellId) : '';
  }

  async start(): Promise<void> {
    const { dataDir, bindAddress, clock, rng, log, nodeGraceMs = DEFAULT_NODE_GRACE_MS } = this.#options;
    await mkdir(dataDir, { recursive: true });
    const store = await this.#openStore();
    this.#started.push({ stop: () => store.close() });
    this.#credentials = await openCredentials(dataDir, bindAddress, clock);
    this.#cellId = await ensureCellId(store, rng);
    await writePrivately(join(dataDir, 'cell-id'), `${this.#cellId}\n`);

    const metrics = new Registry();
    collectDefaultMetrics({ register: metrics });
    const cache = await this.#begin(new WatchCache({ store, resources, clock, log, metrics }));
    await this.#begin(new PodMetrics(cache, metrics));
    const retention = eventRetention(store, clock);
    const ledger = await this.#begin(new QuotaLedger(cache, clock));
    const admission = standardAdmission(ledger);
    const objects = createObjects({ store, cache, clock, rng, admission, retention });
    const events = new StoredEventRecorder({ objects, clock, rng, log, metrics });
    const context: MasterContext = { cache, objects, events, clock, rng, log, metrics };
    this.#started.push({ stop: () => events.flush() });
    await bootstrap(cache, objects);

    const heartbeatMs = nodeGraceMs / HEARTBEATS_PER_GRACE;
    await this.#begin(createControllers({ ...context, nodeGraceMs }));
    const scheduler = await this.#begin(createScheduler(context, { quotaRoom: quotaRoom(cache, ledger) }));
    const identity = await ensureMasterId(dataDir, rng);
    const onGained = (term: Term) => scheduler.lead(term);
    await this.#begin(new Leadership({ store, cache, name: 'scheduler', identity, clock, rng, log, onGained }));
    const agents = await this.#begin(
      createAgentServer({ ...context, cellId: this.#cellId, version: stowageVersion(), heartbeatMs }),
    );
    this.#api = await this.#begin(
      createApiServer({
        ...context,
        store,
        streams: agents,
        explainPod: scheduler.explain,
        accept: (socket) => agents.accept(socket),
        tls: { ...this.#credentials.server, caPem: this.#credentials.authority.certPem },
        port: this.#options.port,
        bindAddress,
        extraRoutes: [enrolmentRoute({ authority: this.#credentials.authority, token: this.joinToken })],
        version: stowageVersion(),
      }),
    );
    // Sessions end before the listener that carries them does, which would wait for them.
    this.#started.push({ stop: () => agents.stop() });
    await writePrivately(join(dataDir, 'kubeconfig'), this.adminKubeconfig());
    log.info({ url: this.url, cell: this.#cellId }, 'master serves');
  }

  async stop(): Promise<void> {
    for (const part of this.#started.splice(0).reverse()) await part.stop();
  }

  async #begin<S extends Service>(part: S): Promise<S> {
    this.#started.push(part);
    await part.start();
    return part;
  }

  #openStore(): Promise<Store> {
    const { dataDir, store, clock, log } = this.#options;
    return store.kind === 'etcd'
      ? openEtcdStore({ endpoints: store.endpoints, prefix: store.prefix, clock, log })
      : openSqliteStore({ file: join(dataDir, 'store.db'), clock, log });
  }
}
