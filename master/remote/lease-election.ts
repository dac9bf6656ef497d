import { type Lease, type LeaseSpec, leases } from '../../api/coordination/lease.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { type Clock, microTimestamp, sleep, type Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import { pathOf, type RemoteApi } from './remote-api.ts';

export interface LeaseElectionOptions {
  readonly api: Pick<RemoteApi, 'call'>;
  readonly namespace: string;
  /** Of the Lease. Candidates use the same. */
  readonly name: string;
  /** This candidate, and no other. */
  readonly identity: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  /** How long others wait after the last renewal they saw. Default 15,000. */
  readonly leaseMs?: number;
  /** A leader that could not renew for so long leads no more. Default 10,000. */
  readonly renewDeadlineMs?: number;
  /** Pause between attempts. Default 2,000. */
  readonly retryMs?: number;
  /** Called when a term begins; the signal aborts when it ends. Must not throw. */
  readonly onGained: (signal: AbortSignal) => void;
}

/** Candidates that wait do not ask in step (client-go's JitterFactor). */
const JITTER = 1.2;

/** The record of the election as it was last seen to change, by our own clock: those of others are not compared. */
interface Observation {
  readonly spec: LeaseSpec;
  readonly version: string | undefined;
  readonly atMs: number;
}

/**
 * Leadership among the clients of an API server, by a Lease, as Kubernetes' own components do it (client-go, leaderelection): so
 * they and we can stand in for each other. Time alone keeps two leaders apart: a leader stops after `renewDeadlineMs` without a
 * renewal, others begin after `leaseMs`. What it had under way then may still arrive, for a server compares no fence.
 *
 * Owns: the campaign, and what is known of the Lease.
 */
export class LeaseElection implements Service {
  readonly #options: Required<LeaseElectionOptions>;
  #seen: Observation | undefined;
  #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: LeaseElectionOptions) {
    this.#options = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, ...options };
  }

  /** Begins to campaign; does not wait to win. */
  async start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Ends the term, and lets a successor take over at once. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the scheduler is stopping'));
    await this.#running;
  }

  /** Never rejects. */
  async #run(stopping: AbortSignal): Promise<void> {
    const { clock, rng, retryMs } = this.#options;
    while (!stopping.aborted) {
      if (await this.#tryToHold(stopping)) await this.#lead(stopping);
      await sleep(clock, retryMs * (1 + JITTER * rng.next()), stopping).catch(() => undefined);
    }
  }

  async #lead(stopping: AbortSignal): Promise<void> {
    const { clock, log, retryMs, renewDeadlineMs, name, identity, onGained } = this.#options;
    const ending = new AbortController();
    const onStop = () => ending.abort(stopping.reason);
    stopping.addEventListener('abort', onStop, { once: true });
    log.info({ lease: name, identity }, 'this scheduler leads');
    let deadline: Timer | undefined;
    const renewed = () => {
      deadline?.cancel();
      const late = () => ending.abort(new Error(`the lease was not renewed for ${renewDeadlineMs / 1000} s`));
      deadline = clock.setTimer(Math.max(0, this.#seen!.atMs + renewDeadlineMs - clock.monotonicMs()), late);
    };
    renewed();
    onGained(ending.signal);
    while (!ending.signal.aborted) {
      await sleep(clock, retryMs, ending.signal).catch(() => undefined);
      if (ending.signal.aborted) break;
      if (await this.#tryToHold(ending.signal)) renewed();
      else if (this.#seen?.spec.holderIdentity !== identity) ending.abort(new Error('another has taken over'));
    }
    deadline?.cancel();
    stopping.removeEventListener('abort', onStop);
    log.info({ lease: name, identity, why: String(ending.signal.reason) }, 'this scheduler leads no more');
    if (stopping.aborted) await this.#release();
  }

  /** Takes or renews the lease; false where another holds it or the server did not say. Never rejects. */
  async #tryToHold(signal: AbortSignal): Promise<boolean> {
    const { log, name } = this.#options;
    try {
      return await this.#hold(signal);
    } catch (error) {
      // Somebody else was quicker, or what we know of the lease is old.
      const lostRace = isApiError(error, 'Conflict') || isApiError(error, 'AlreadyExists');
      if (!lostRace && !signal.aborted)
        log.warn({ lease: name, error: String(error) }, 'cannot take or renew the lease');
      return false;
    }
  }

  async #hold(signal: AbortSignal): Promise<boolean> {
    const { clock, identity, leaseMs } = this.#options;
    const lease = await this.#read(signal);
    const now = microTimestamp(clock.now());
    const mine = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: now };
    if (!lease) {
      await this.#write('POST', { ...mine, acquireTime: now, leaseTransitions: 0 }, undefined, signal);
      return true;
    }
    this.#observe(lease);
    const { holderIdentity: holder, leaseTransitions = 0, acquireTime } = lease.spec ?? {};
    if (holder && holder !== identity && !this.#isOver()) return false;
    const since =
      holder === identity
        ? { acquireTime, leaseTransitions }
        : { acquireTime: now, leaseTransitions: leaseTransitions + 1 };
    await this.#write('PUT', { ...mine, ...since }, lease, signal);
    return true;
  }

  #observe({ spec = {}, metadata }: Lease): void {
    const version = metadata?.resourceVersion;
    if (this.#seen?.version !== version) this.#seen = { spec, version, atMs: this.#options.clock.monotonicMs() };
  }

  #isOver(): boolean {
    const { spec, atMs } = this.#seen!;
    return this.#options.clock.monotonicMs() >= atMs + (spec.leaseDurationSeconds ?? 0) * 1000;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { api, namespace, name } = this.#options;
    return api.call<Lease>('GET', pathOf(leases, namespace, name), { signal }).catch((error) => {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    });
  }

  async #write(method: 'POST' | 'PUT', spec: LeaseSpec, lease: Lease | undefined, signal?: AbortSignal): Promise<void> {
    const { api, namespace, name, clock } = this.#options;
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease?.metadata ?? { name, namespace },
      spec,
    };
    const path = method === 'POST' ? pathOf(leases, namespace) : pathOf(leases, namespace, name);
    const askedMs = clock.monotonicMs();
    const stored = await api.call<Lease>(method, path, { body, signal });
    this.#seen = { spec, version: stored.metadata?.resourceVersion, atMs: askedMs };
  }

  /** The lease runs out in a second, as nobody's (client-go's ReleaseOnCancel). Best effort. */
  async #release(): Promise<void> {
    const { clock, log, identity, name } = this.#options;
    try {
      const lease = await this.#read(AbortSignal.any([]));
      if (lease?.spec?.holderIdentity !== identity) return;
      const { leaseTransitions } = lease.spec;
      const now = microTimestamp(clock.now());
      const spec = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
      await this.#write('PUT', spec, lease);
    } catch (error) {
      log.warn({ lease: name, error: String(error) }, 'cannot give up the lease; it runs out by itself');
    }
  }
}
