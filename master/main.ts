import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CustomResourceDefinition } from '../api/apiextensions/definition-schema.ts';
import { builtInCatalogue, resources } from '../api/registry.ts';
import type { Clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import { searchInLinearTime } from '../platform/linear-patterns.ts';
import type { Logger } from '../platform/log.ts';
import { collectProcessMetrics, Registry } from '../platform/metrics.ts';
import type { Rng } from '../platform/rng.ts';
import { stowageVersion } from '../platform/version.ts';
import { enrolmentRoute } from './agents/enrolment-route.ts';
import { noAgents } from './agents/no-agents.ts';
import { OtherMasters } from './agents/other-masters.ts';
import { RevokedNodes, revocationOf } from './agents/revoked-nodes.ts';
import { type AgentServer, createAgentServer } from './agents/server.ts';
import { SessionLedger } from './agents/session-ledger.ts';
import { Audit } from './apiserver/audit/audit.ts';
import { createApiServer } from './apiserver/server.ts';
import { Auth } from './auth/auth.ts';
import { publishClientAuthority } from './auth/defaults/client-authority.ts';
import { type AuthSettings, authOptions } from './auth/settings.ts';
import { bootstrap } from './bootstrap.ts';
import { ensureCellId } from './cell-id.ts';
import { shareIdentity } from './cell-identity/share.ts';
import { ClientWrites } from './client-writes.ts';
import type { MasterContext } from './context.ts';
import { CertificateSigner } from './controllers/certificates/signer.ts';
import { CERTIFICATE_SIGNER, type ControllersOptions, createControllers } from './controllers/create-controllers.ts';
import { fetchJson } from './controllers/horizontal-pod-autoscaler/fetch-json.ts';
import type { MetricReader } from './controllers/horizontal-pod-autoscaler/metric-source.ts';
import { PrometheusReader } from './controllers/horizontal-pod-autoscaler/prometheus.ts';
import { type ControllerList, EVERY_CONTROLLER, isChosen, officeOf } from './controllers/selection.ts';
import { Tenure } from './controllers/tenure.ts';
import { adminKubeconfig, type Credentials, openCredentials, writePrivately } from './credentials.ts';
import { CustomCatalogue } from './custom-resources/catalogue.ts';
import { webhookConverter } from './custom-resources/webhook-converter.ts';
import type { GuardSettings } from './guard-settings.ts';
import { Leadership, type Term } from './leadership.ts';
import { ensureMasterId } from './master-id.ts';
import { apiServiceAddress, type NetworkSettings } from './network-settings.ts';
import type { TolerationSeconds } from './objects/admission/default-tolerations.ts';
import { chosenRules, webhookTypes } from './objects/admission/names.ts';
import { QuotaLedger } from './objects/admission/quota-ledger.ts';
import { quotaRoom } from './objects/admission/quota-room.ts';
import { ResourceQuotaLedger } from './objects/admission/resource-quota-ledger.ts';
import { standardAdmission } from './objects/admission/standard.ts';
import { CountingRights } from './objects/counting-rights.ts';
import { createObjects, type ObjectsOptions } from './objects/create-objects.ts';
import { StoredEventRecorder } from './objects/event-recorder.ts';
import type { Objects } from './objects/objects.ts';
import { eventRetention } from './objects/retention.ts';
import { AddressBook } from './objects/service-addresses/address-book.ts';
import { serviceAddresses } from './objects/service-addresses/admission.ts';
import { serviceClaims } from './objects/service-addresses/holdings.ts';
import { Webhooks } from './objects/webhooks/webhooks.ts';
import { advertisedUrl } from './peers/advertised.ts';
import { MasterRoster } from './peers/roster.ts';
import { PodMetrics } from './pod-metrics.ts';
import { createScheduler, type SchedulerService } from './scheduler/create-scheduler.ts';
import { openEncrypted } from './store/encryption/open-encrypted.ts';
import { openEtcdStore } from './store/etcd.ts';
import { type EtcdAccessFiles, readEtcdAccess } from './store/etcd-access.ts';
import { openRelocated } from './store/relocation/note.ts';
import { snapshotRoute } from './store/relocation/snapshot-route.ts';
import { openSqliteStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';
import { WatchCache } from './store/watch-cache.ts';

export interface MasterOptions {
  /** Certificates, join token, kubeconfig and, for sqlite, the store. Made where it is absent. */
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly bindAddress: string;
  /** Where agents and other masters reach this one. Default: `bindAddress`, or this machine's address on its default route. */
  readonly advertiseAddress?: string;
  readonly store: { kind: 'sqlite' } | { kind: 'etcd'; endpoints: string[]; prefix?: string; access?: EtcdAccessFiles };
  /** How long a node may be silent before it counts as lost. Default 40 s. */
  readonly nodeGraceMs?: number;
  /** How long pods stay on nodes in trouble that do not say so themselves. Default: DEFAULT_TOLERATION_SECONDS. */
  readonly tolerations?: Partial<TolerationSeconds>;
  /** Where autoscalers find metrics of applications. Default: nowhere. */
  readonly prometheusUrl?: string;
  /** Default: RBAC, and no tokens but the cell's own. */
  readonly auth?: AuthSettings;
  /** Default: every admission rule, no audit log, nothing encrypted. */
  readonly guard?: GuardSettings;
  readonly parts?: MasterParts;
  /** Default: each engine has a network of its own, and services are kept only. */
  readonly network?: NetworkSettings;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** What of a master runs here; the rest may be somebody else's, who works through the API. Default: everything. */
export interface MasterParts {
  readonly controllers?: ControllerList;
  readonly scheduler?: boolean;
  readonly agents?: boolean;
}

export interface Master extends Service {
  /** Valid after `start`, as are the others. */
  readonly url: string;
  readonly cellId: string;
  readonly joinToken: string;
  adminKubeconfig(): string;
}

/** Where the cell is kept, what it looks like now, and who this master is. */
interface Base {
  readonly store: Store;
  readonly credentials: Credentials;
  readonly cache: WatchCache;
  readonly metrics: Registry;
}

/** What every question and every write goes through. */
interface Gate {
  readonly context: MasterContext;
  readonly auth: Auth;
  readonly catalogue: CustomCatalogue;
  readonly webhooks: Webhooks;
  readonly bands: QuotaLedger;
  readonly revoked: RevokedNodes;
  readonly serviceAccountTokens: ControllersOptions['serviceAccountTokens'];
}

const DEFAULT_NODE_GRACE_MS = 40_000;
const HTTPS_PORT = 443;
/** A silent leader has a successor after this long: as soon as etcd lets it be. */
const SUCCESSION_MS = 2_000;
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
  #agents: AgentServer | typeof noAgents | undefined;
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
    const { dataDir, log, parts: { scheduler: places = true, agents: takesAgents = true } = {} } = this.#options;
    searchInLinearTime();
    const base = await this.#openBase();
    const gate = await this.#openGate(base);
    await this.#beginControllers(base, gate);
    const scheduler = places ? await this.#beginScheduler(base, gate) : undefined;
    const roster = await this.#roster(gate);
    const agents = takesAgents ? await this.#beginAgents(base, gate, roster) : noAgents;
    this.#agents = agents;
    await this.#serve(base, gate, agents, scheduler);
    if (roster && takesAgents) await this.#begin(roster);
    // Sessions end before the listener that carries them does, which would wait for them.
    this.#started.push({ stop: () => agents.stop() });
    await writePrivately(join(dataDir, 'kubeconfig'), this.adminKubeconfig());
    log.info({ url: this.url, cell: this.#cellId }, 'master serves');
  }

  async #openBase(): Promise<Base> {
    const { dataDir, bindAddress, advertiseAddress, clock, rng, log, guard = {} } = this.#options;
    await mkdir(dataDir, { recursive: true });
    const bare = await this.#openStore();
    this.#started.push({ stop: () => bare.close() });
    const store = await openEncrypted(await openRelocated(bare), guard.encryptionKeyFile, log);
    // Who alone has its store has nobody to agree with.
    if (this.#options.store.kind === 'etcd') await shareIdentity({ store, dataDir, clock, log });
    const { network } = this.#options;
    const serviceAddress = network && apiServiceAddress(network);
    const credentials = await openCredentials(dataDir, { bindAddress, advertiseAddress, serviceAddress }, clock);
    this.#credentials = credentials;
    this.#cellId = await ensureCellId(store, rng);
    await writePrivately(join(dataDir, 'cell-id'), `${this.#cellId}\n`);
    const metrics = new Registry();
    collectProcessMetrics(metrics);
    const cache = await this.#begin(new WatchCache({ store, resources, clock, log, metrics }));
    await this.#begin(new PodMetrics(cache, metrics));
    return { store, credentials, cache, metrics };
  }

  /** Who may do what, and the one way to write; the cell then has what every cell starts with. */
  async #openGate({ store, credentials, cache, metrics }: Base): Promise<Gate> {
    const { dataDir, clock, rng, log, guard = {} } = this.#options;
    const quotas = this.#ending(new ResourceQuotaLedger(cache, clock));
    const bands = this.#ending(new QuotaLedger(cache, clock));
    const settings = await authOptions(this.#options.auth ?? {}, dataDir);
    const revoked = await this.#begin(new RevokedNodes(store, cache, clock));
    const isRevoked = (user: string, issuedMs: number) => revoked.isRevokedUser(user, issuedMs);
    const auth = await this.#begin(new Auth({ ...settings, cache, isRevoked, clock, log }));
    const converterOf = (definition: CustomResourceDefinition) => webhookConverter(definition, rng);
    const kinds = { builtIn: builtInCatalogue, cache, store, converterOf, clock, log };
    const catalogue = await this.#begin(new CustomCatalogue(kinds));
    const { network } = this.#options;
    const addresses = network && this.#ending(new AddressBook(network, { cache, clock, rng }));
    const rules = [
      ...standardAdmission(bands, quotas, this.#options.tolerations),
      ...auth.admission,
      ...(addresses ? [serviceAddresses(addresses)] : []),
    ];
    const admission = chosenRules(rules, guard.disabledAdmission);
    const types = webhookTypes(guard.disabledAdmission);
    const webhooks = new Webhooks({ cache, catalogue, types, clock, rng, log, authorizer: auth.authorizer });
    const retention = eventRetention(store, clock);
    const claims = network && serviceClaims;
    const counting = new CountingRights({ store, cache, clock, rng, holder: await ensureMasterId(dataDir, rng) });
    const remains: ObjectsOptions['remains'] = (resource, object) => revocationOf(resource, object, clock.now());
    const objects = createObjects({
      store,
      cache,
      clock,
      rng,
      admission,
      retention,
      webhooks,
      claims,
      counting,
      remains,
    });
    const events = new StoredEventRecorder({ objects, clock, rng, log, metrics });
    this.#started.push({ stop: () => events.flush() });
    const { certPem: caPem } = credentials.authority;
    await bootstrap(cache, objects);
    await publishClientAuthority(cache, objects, caPem);
    // From here on: a webhook that is out of order must not keep the master from starting.
    await this.#begin(webhooks);
    const clientWrites = new ClientWrites(clock);
    const context: MasterContext = { cache, objects, events, clock, rng, log, metrics, clientWrites };
    return {
      context,
      auth,
      catalogue,
      webhooks,
      bands,
      revoked,
      serviceAccountTokens: { key: settings.serviceAccountKey, caPem },
    };
  }

  async #beginControllers(base: Base, { context, catalogue, serviceAccountTokens }: Gate): Promise<void> {
    const { nodeGraceMs = DEFAULT_NODE_GRACE_MS, parts: { controllers: chosen = EVERY_CONTROLLER } = {} } =
      this.#options;
    const scaling = { usage: () => this.#agents?.usage, metrics: this.#metricReader(context) };
    const { network } = this.#options;
    const options = { nodeGraceMs, serviceAccountTokens, chosen, scaling, network };
    const parts = (objects: Objects) => {
      const led = { ...context, objects };
      const controllers = createControllers({ ...led, catalogue, ...options });
      const { authority } = base.credentials;
      return isChosen(chosen, CERTIFICATE_SIGNER)
        ? [controllers, new CertificateSigner(led, authority)]
        : [controllers];
    };
    const tenure = await this.#begin(new Tenure({ ...context, parts }));
    await this.#campaign(base, context, officeOf(chosen), (term) => tenure.lead(term));
  }

  #metricReader({ clock }: MasterContext): MetricReader | undefined {
    const { prometheusUrl } = this.#options;
    return prometheusUrl === undefined ? undefined : new PrometheusReader(prometheusUrl, fetchJson, clock);
  }

  async #beginScheduler(base: Base, { context, bands }: Gate): Promise<SchedulerService> {
    const scheduler = await this.#begin(createScheduler(context, { quotaRoom: quotaRoom(base.cache, bands) }));
    await this.#campaign(base, context, 'scheduler', (term) => scheduler.lead(term));
    return scheduler;
  }

  /** Does not wait to win. */
  async #campaign(
    { store }: Base,
    context: MasterContext,
    name: string,
    onGained: (term: Term) => void,
  ): Promise<void> {
    const {
      dataDir,
      rng,
      store: { kind },
    } = this.#options;
    const identity = await ensureMasterId(dataDir, rng);
    // Only those that share an etcd can take over from one another.
    const ttlMs = kind === 'etcd' ? SUCCESSION_MS : undefined;
    await this.#begin(new Leadership({ ...context, store, name, identity, ttlMs, onGained }));
  }

  /** The masters of the cell, where it may have several. Begun when this one serves. */
  async #roster({ context }: Gate): Promise<MasterRoster | undefined> {
    const { store, dataDir, rng, ...listening } = this.#options;
    // Where pods have a network, they are told where masters are.
    if (store.kind !== 'etcd' && !listening.network) return undefined;
    const self = await ensureMasterId(dataDir, rng);
    const url = () => advertisedUrl({ ...listening, port: Number(new URL(this.url).port || HTTPS_PORT) });
    return new MasterRoster({ ...context, self, url });
  }

  #beginAgents(
    { store, credentials }: Base,
    { context, revoked }: Gate,
    roster: MasterRoster | undefined,
  ): Promise<AgentServer> {
    const heartbeatMs = (this.#options.nodeGraceMs ?? DEFAULT_NODE_GRACE_MS) / HEARTBEATS_PER_GRACE;
    const { network } = this.#options;
    const identity = { ...credentials.peer, caPem: credentials.authority.certPem };
    const isShared = this.#options.store.kind === 'etcd';
    const others =
      isShared &&
      roster &&
      new OtherMasters({ ledger: new SessionLedger(store, roster.self), roster, identity, ...context });
    const about = {
      cellId: this.#cellId,
      version: stowageVersion(),
      heartbeatMs,
      network,
      revoked,
      others: others || undefined,
    };
    return this.#begin(createAgentServer({ ...context, ...about }));
  }

  async #serve(
    { store, credentials }: Base,
    { context, auth, catalogue, webhooks }: Gate,
    agents: AgentServer | typeof noAgents,
    scheduler: SchedulerService | undefined,
  ): Promise<void> {
    const { port, bindAddress, guard: { audit: auditing } = {} } = this.#options;
    const { authority, server, joinToken } = credentials;
    const audit = auditing && (await this.#begin(new Audit({ ...auditing, ...context })));
    const enrolling = agents === noAgents ? [] : [enrolmentRoute({ authority, token: joinToken, auth, context })];
    const extraRoutes = [...enrolling, snapshotRoute(store, auth)];
    const parts = { ...context, auth, catalogue, store, streams: agents, webhooks, audit, usage: agents.usage };
    const accept = (socket: Parameters<AgentServer['accept']>[0]) => agents.accept(socket);
    const tls = { ...server, caPem: authority.certPem };
    const version = stowageVersion();
    const explainPod = scheduler?.explain;
    const front = { accept, tls, port, bindAddress, extraRoutes, version };
    this.#api = await this.#begin(createApiServer({ ...parts, ...front, explainPod }));
  }

  async stop(): Promise<void> {
    for (const part of this.#started.splice(0).reverse()) await part.stop();
  }

  #ending<S extends { stop(): void }>(part: S): S {
    this.#started.push({ stop: async () => part.stop() });
    return part;
  }

  async #begin<S extends Service>(part: S): Promise<S> {
    this.#started.push(part);
    await part.start();
    return part;
  }

  async #openStore(): Promise<Store> {
    const { dataDir, store, clock, log } = this.#options;
    if (store.kind === 'sqlite') return openSqliteStore({ file: join(dataDir, 'store.db'), clock, log });
    const { endpoints, prefix, access = {} } = store;
    return openEtcdStore({ endpoints, prefix, ...(await readEtcdAccess(access, endpoints)), clock, log });
  }
}
