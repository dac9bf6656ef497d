import { builtInCatalogue, resources } from '../../api/registry.ts';
import type { Reception } from '../../master/apiserver/dispatch.ts';
import { Documents } from '../../master/apiserver/documents.ts';
import { Fairness } from '../../master/apiserver/fairness/fairness.ts';
import { gitVersion } from '../../master/apiserver/health.ts';
import { DEFAULT_LIMITS, InFlight } from '../../master/apiserver/in-flight.ts';
import { requestMetrics } from '../../master/apiserver/metrics.ts';
import type { Sight } from '../../master/apiserver/store-sight.ts';
import { Turns } from '../../master/apiserver/turns.ts';
import { WatchChannels } from '../../master/apiserver/watch-channel.ts';
import { Auth } from '../../master/auth/auth.ts';
import type { SigningKey } from '../../master/auth/tokens/jwt.ts';
import { bootstrap } from '../../master/bootstrap.ts';
import { ensureCellId } from '../../master/cell-id.ts';
import { ClientWrites } from '../../master/client-writes.ts';
import type { MasterContext } from '../../master/context.ts';
import { createControllers } from '../../master/controllers/create-controllers.ts';
import { EVERY_CONTROLLER, officeOf } from '../../master/controllers/selection.ts';
import { Tenure } from '../../master/controllers/tenure.ts';
import { CustomCatalogue } from '../../master/custom-resources/catalogue.ts';
import { webhookConverter } from '../../master/custom-resources/webhook-converter.ts';
import { Leadership, type Term } from '../../master/leadership.ts';
import { QuotaLedger } from '../../master/objects/admission/quota-ledger.ts';
import { quotaRoom } from '../../master/objects/admission/quota-room.ts';
import { ResourceQuotaLedger } from '../../master/objects/admission/resource-quota-ledger.ts';
import { standardAdmission } from '../../master/objects/admission/standard.ts';
import { CountingRights } from '../../master/objects/counting-rights.ts';
import { createObjects } from '../../master/objects/create-objects.ts';
import { StoredEventRecorder } from '../../master/objects/event-recorder.ts';
import type { Objects } from '../../master/objects/objects.ts';
import { eventRetention } from '../../master/objects/retention.ts';
import { PodMetrics } from '../../master/pod-metrics.ts';
import { createScheduler, type SchedulerService } from '../../master/scheduler/create-scheduler.ts';
import type { Store } from '../../master/store/store.ts';
import { WatchCache } from '../../master/store/watch-cache.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { Registry } from '../../platform/metrics.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Release } from '../network/wire-form.ts';
import type { Mutation } from '../planted/mutation.ts';
import { AgentDesk } from './agent-desk.ts';

export interface MasterParts {
  readonly name: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly serviceAccountKey: SigningKey;
  readonly release: Release;
  /** A bug that is planted. */
  readonly mutation?: Mutation;
}

/** What of a master can be reached from outside, once it serves. */
export interface ServingMaster {
  readonly agents: AgentDesk;
  readonly reception: Reception;
  readonly cache: WatchCache;
  /** Whether its scheduler is the one that decides. */
  readonly leads: boolean;
  /** Lengths of queues, as a scrape would read them. */
  sizes(): Promise<Readonly<Record<string, number>>>;
}

const NODE_GRACE_MS = 40_000;
const HEARTBEATS_PER_GRACE = 4;
/** As masters on one etcd have it. */
const TTL_MS = 2_000;

/**
 * A master wired as in master/main.ts, without what needs sockets, files and certificates: below HTTP, gRPC and TLS all of it is the real
 * thing. Its process is never stopped in order, only killed, so nothing is kept to be ended.
 */
export async function startMaster(parts: MasterParts): Promise<ServingMaster> {
  const { store, clock, rng, log, serviceAccountKey, mutation } = parts;
  const cellId = await ensureCellId(store, rng);
  const metrics = new Registry();
  const cache = new WatchCache({ store, resources, clock, log, metrics });
  await cache.start();
  await new PodMetrics(cache, metrics).start();
  const quotas = new ResourceQuotaLedger(cache, clock);
  const bands = new QuotaLedger(cache, clock);
  const auth = new Auth({ cache, clock, log, serviceAccountKey });
  await auth.start();
  const converterOf = (definition: Parameters<typeof webhookConverter>[0]) => webhookConverter(definition, rng);
  const catalogue = new CustomCatalogue({ builtIn: builtInCatalogue, cache, store, converterOf, clock, log });
  await catalogue.start();
  const rules = [...standardAdmission(bands, quotas), ...auth.admission];
  const admission = mutation?.admission?.(rules) ?? rules;
  const retention = eventRetention(store, clock);
  const counting = new CountingRights({ store, cache, clock, rng, holder: parts.name });
  const objects = createObjects({ store, cache, clock, rng, admission, retention, counting });
  const events = new StoredEventRecorder({ objects, clock, rng, log, metrics });
  await bootstrap(cache, objects);
  const clientWrites = new ClientWrites(clock);
  const context: MasterContext = { cache, objects, events, clock, rng, log, metrics, clientWrites };
  const desk = new AgentDesk(context, {
    cellId,
    heartbeatMs: NODE_GRACE_MS / HEARTBEATS_PER_GRACE,
    release: parts.release,
  });
  const campaign = async (name: string, onGained: (term: Term) => void) => {
    const leadership = new Leadership({ ...context, store, name, identity: parts.name, ttlMs: TTL_MS, onGained });
    await leadership.start();
    return leadership;
  };
  const scaling = { usage: () => desk.usage };
  const led = (objects: Objects) => [
    createControllers({ ...context, objects, catalogue, nodeGraceMs: NODE_GRACE_MS, scaling }),
  ];
  const tenure = new Tenure({ ...context, parts: led });
  await campaign(officeOf(EVERY_CONTROLLER), (term) => tenure.lead(term));
  const scheduler = createScheduler(context, { quotaRoom: quotaRoom(cache, bands) });
  await scheduler.start();
  const leadership = await campaign('scheduler', (term) => scheduler.lead(term));
  desk.start();
  const reception = receptionOf({ context, store, auth, catalogue, desk, explainPod: scheduler.explain });
  return {
    ...{ agents: desk, reception, cache },
    sizes: () => sizesOf(metrics),
    get leads() {
      return leadership.term !== undefined;
    },
  };
}

/** Gauges of what waits, under the names they have on `/metrics`. */
const QUEUES = ['workqueue_depth', 'apiserver_current_inflight_requests', 'apiserver_longrunning_requests'];

async function sizesOf(metrics: Registry): Promise<Readonly<Record<string, number>>> {
  const sizes: Record<string, number> = {};
  for (const name of QUEUES) {
    const { values = [] } = (await metrics.getSingleMetric(name)?.get()) ?? {};
    sizes[name] = values.reduce((sum, { value }) => sum + value, 0);
  }
  return sizes;
}

interface ApiParts {
  readonly context: MasterContext;
  readonly store: Store;
  readonly auth: Auth;
  readonly catalogue: CustomCatalogue;
  readonly desk: AgentDesk;
  readonly explainPod: SchedulerService['explain'];
}

/** Reads of the newest state are judged as such: here none is answered with an older one and a warning. */
const strictSight = (store: Store, cache: MasterContext['cache']): Sight => ({
  async look() {
    await cache.waitFor(await store.revision());
    return 0;
  },
});

/** What answers requests, as master/apiserver/server.ts sets it up behind its listener. */
function receptionOf({ context, store, auth, catalogue, desk, explainPod }: ApiParts): Reception {
  const { cache, clock, metrics } = context;
  const requests = requestMetrics(metrics);
  return {
    context: {
      ...{ ...context, catalogue, auth, store, explainPod, version: 'simulated' },
      watches: new WatchChannels(cache, clock),
      turns: new Turns(clock),
      sight: strictSight(store, cache),
      streams: desk,
      usage: desk.usage,
      stopping: new AbortController().signal,
    },
    documents: new Documents(gitVersion('simulated'), catalogue),
    fairness: new Fairness({ seats: DEFAULT_LIMITS.requests, clock }),
    inFlight: new InFlight(DEFAULT_LIMITS, requests, context.clientWrites),
    requestMetrics: requests,
  };
}
