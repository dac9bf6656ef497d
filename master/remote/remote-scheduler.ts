import { pods } from '../../api/core/pod.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { DEFAULT_SCHEDULER } from '../../api/stowage/scheduling-policy.ts';
import { ApiClient } from '../../client/client.ts';
import type { ClusterAccess } from '../../client/kubeconfig.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import { Registry } from '../../platform/metrics.ts';
import type { Rng } from '../../platform/rng.ts';
import { StoredEventRecorder } from '../objects/event-recorder.ts';
import { createScheduler, type SchedulerService } from '../scheduler/create-scheduler.ts';
import { NEWS } from '../scheduler/news.ts';
import { LeaseElection } from './lease-election.ts';
import { RemoteApi } from './remote-api.ts';
import { RemoteCache } from './remote-cache.ts';
import { RemoteObjects } from './remote-objects.ts';

export interface RemoteSchedulerOptions {
  /** How to reach the API server, and as whom. */
  readonly access: ClusterAccess;
  /** Pods whose `spec.schedulerName` is this one are ours. */
  readonly schedulerName: string;
  /** Whether to wait for the Lease. Without, nobody else may schedule these pods. */
  readonly leaderElect: boolean;
  /** What tells this process from other candidates, after the machine's name. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** Watches, and as many writes at once as a server on a few cores has use for. */
const CONNECTIONS = 64;
const LEASE_NAMESPACE = 'kube-system';

/** What only servers have that know of gangs and of our policies. */
const isExtra = ({ group }: ResourceDefinition) => group === 'stowage.dev' || group === 'scheduling.x-k8s.io';

/** The Lease of all who schedule the pods of that name. For the default name it is kube-scheduler's own, so that we stand in for it. */
export const leaseNameFor = (schedulerName: string): string =>
  schedulerName === DEFAULT_SCHEDULER ? 'kube-scheduler' : schedulerName;

/** Our scheduler as a client of any Kubernetes API server. `start` resolves once it knows the cell and campaigns, or leads. */
export function createRemoteScheduler(options: RemoteSchedulerOptions): Service {
  return new RemoteScheduler(options);
}

/** Owns the connections, and what has been started, in order; `stop` ends it in reverse. */
class RemoteScheduler implements Service {
  readonly #options: RemoteSchedulerOptions;
  readonly #started: { stop(): Promise<void> }[] = [];
  #stopped = false;

  constructor(options: RemoteSchedulerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { access, schedulerName, clock, rng, log } = this.#options;
    const client = new ApiClient(access, { maxSockets: CONNECTIONS, userAgent: 'stowage-scheduler' });
    this.#started.push({ stop: async () => client.close() });
    const api = new RemoteApi({ client, clock, rng });
    const cache = await this.#begin(new RemoteCache({ api, resources: NEWS, isOptional: isExtra, clock, rng, log }));
    if (this.#stopped) return;
    const objects = new RemoteObjects(api, cache);
    const metrics = new Registry();
    const events = new StoredEventRecorder({ objects, clock, rng, log, metrics });
    this.#started.push({ stop: () => events.flush() });
    const context = { cache, objects, events, clock, rng, log, metrics };
    const scheduler = await this.#begin(createScheduler(context, { schedulerName }));
    await this.#begin(this.#leadership(api, cache, scheduler));
    log.info({ server: access.server, schedulerName }, 'the scheduler knows the cell');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const part of this.#started.splice(0).reverse()) await part.stop();
  }

  #leadership(api: RemoteApi, cache: RemoteCache, scheduler: SchedulerService): Service {
    const { leaderElect, schedulerName, hostname, clock, rng, log } = this.#options;
    if (!leaderElect) return alone(scheduler);
    const identity = `${hostname}_${rng.uuid()}`;
    const onGained = async (signal: AbortSignal) => {
      // What the leader before bound last may not have been told yet.
      await cache.refresh(pods);
      if (!signal.aborted) scheduler.lead({ signal });
    };
    const name = leaseNameFor(schedulerName);
    const election = { api, namespace: LEASE_NAMESPACE, name, identity, clock, rng, log };
    return new LeaseElection({ ...election, onGained: (signal) => void onGained(signal) });
  }

  /** Resolves also when `stop` was called meanwhile. */
  async #begin<S extends Service>(part: S): Promise<S> {
    this.#started.push(part);
    await part.start();
    return part;
  }
}

/** Leads from the start to the end. */
function alone(scheduler: SchedulerService): Service {
  const ending = new AbortController();
  return {
    start: async () => scheduler.lead({ signal: ending.signal }),
    stop: async () => ending.abort(new Error('the scheduler is stopping')),
  };
}
