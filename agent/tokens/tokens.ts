import { type BackoffPolicy, backoffMs } from '../../platform/backoff.ts';
import { type Clock, sleep, type Timer } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import { Missing } from '../missing.ts';
import { type Pod, podKey, specOf } from '../pod-types.ts';
import { type GrantedToken, renewAtMs } from './granted.ts';
import { type TokenPlace, type TokenWish, tokenPlaces, wishKey } from './token-wish.ts';

export interface TokensParts {
  /** Rejects with a sentence for people. */
  readonly fetch: (pod: Pod, wish: TokenWish) => Promise<GrantedToken>;
  /** What a volume of the pod shows from before; undefined: nothing that is good. */
  readonly shown: (pod: Pod, place: TokenPlace) => Promise<GrantedToken | undefined>;
  /** What a pod's volumes show is no longer what they should. */
  readonly changed: (uid: string) => void;
  readonly clock: Clock;
  readonly rng: Rng;
}

const RETRY: BackoffPolicy = { baseMs: 1_000, maxMs: 60_000 };
/** How long the volumes of a pod wait for a token under way, before people are told that they do. */
const PATIENCE_MS = 3_000;

/** One token of one pod. */
interface Held {
  readonly pod: Pod;
  readonly place: TokenPlace;
  token: string | undefined;
  /** Why the last try failed. */
  why: string;
  failures: number;
  timer: Timer | undefined;
  /** Being asked for. Never rejects. */
  asking: Promise<void> | undefined;
}

interface PodTokens {
  readonly held: ReadonlyMap<string, Held>;
  /** Counts changes of what volumes were told. */
  version: number;
  /** Somebody was told that one is missing. */
  missed: boolean;
}

/**
 * The tokens of this node's pods (Kubernetes, "Configure Service Accounts for Pods"). Owns the only copies outside the volumes that show
 * them, and a timer for each: it is renewed before it runs out; while the master is away the old one stays.
 */
export class Tokens {
  private readonly parts: TokensParts;
  private readonly pods = new Map<string, PodTokens>();

  constructor(parts: TokensParts) {
    this.parts = parts;
  }

  /** Sees that the pod has its tokens from now on. May be told of a pod many times; what its volumes show never changes. */
  want(pod: Pod): void {
    const { uid } = podKey(pod);
    if (this.pods.has(uid)) return;
    const places = tokenPlaces(pod);
    if (places.length === 0) return;
    const held = new Map(places.map((place) => [wishKey(place.wish), newHeld(pod, place)]));
    this.pods.set(uid, { held, version: 0, missed: false });
    for (const one of held.values()) this.ask(one, () => this.first(one));
  }

  /** The pod needs none any more. */
  forget(uid: string): void {
    for (const { timer } of this.pods.get(uid)?.held.values() ?? []) timer?.cancel();
    this.pods.delete(uid);
  }

  /** The master is back: what waits for it need not wait longer. */
  tryAgain(): void {
    for (const { held } of this.pods.values())
      for (const one of held.values()) if (one.failures > 0) this.ask(one, () => this.fetch(one));
  }

  stop(): void {
    for (const uid of [...this.pods.keys()]) this.forget(uid);
  }

  /** Changes whenever volumes that show the pod's tokens must be written again. */
  version(uid: string): string {
    return String(this.pods.get(uid)?.version ?? '');
  }

  /** Resolves when no token of the pod is being asked for, or after a while. */
  async settled(uid: string): Promise<void> {
    const asking = [...(this.pods.get(uid)?.held.values() ?? [])].flatMap((one) => one.asking ?? []);
    if (asking.length === 0) return;
    const stop = new AbortController();
    await Promise.race([Promise.all(asking), sleep(this.parts.clock, PATIENCE_MS, stop.signal).catch(() => {})]);
    stop.abort();
  }

  /** Throws {@link Missing} while there is none. */
  get(pod: Pod, wish: TokenWish): string {
    const tokens = this.pods.get(podKey(pod).uid);
    const held = tokens?.held.get(wishKey(wish));
    if (held?.token) return held.token;
    if (tokens) tokens.missed = true;
    const why = held?.why || 'the master has not answered yet';
    throw new Missing(`no token of the service account "${specOf(pod).serviceAccountName}" yet: ${why}`);
  }

  private ask(one: Held, work: () => Promise<void>): void {
    if (one.asking) return;
    one.timer?.cancel();
    one.asking = work().finally(() => {
      one.asking = undefined;
    });
  }

  /** An agent that was started again goes on with what the volumes show. */
  private async first(one: Held): Promise<void> {
    const shown = await this.parts.shown(one.pod, one.place).catch(() => undefined);
    if (shown) this.take(one, shown);
    else await this.fetch(one);
  }

  private async fetch(one: Held): Promise<void> {
    try {
      this.take(one, fromNow(await this.parts.fetch(one.pod, one.place.wish), this.parts.clock.now()));
    } catch (error) {
      one.why = error instanceof Error ? error.message : String(error);
      one.failures += 1;
      this.again(one, backoffMs(RETRY, one.failures, this.parts.rng));
    }
  }

  private take(one: Held, granted: GrantedToken): void {
    const { clock, rng, changed } = this.parts;
    const { uid } = podKey(one.pod);
    const tokens = this.pods.get(uid);
    const news = one.token !== granted.token && (one.token !== undefined || tokens?.missed);
    one.token = granted.token;
    one.failures = 0;
    this.again(one, Math.max(RETRY.baseMs, renewAtMs(granted, rng.next()) - clock.now()));
    if (!tokens || !news) return;
    tokens.version += 1;
    changed(uid);
  }

  private again(one: Held, delayMs: number): void {
    if (this.pods.get(podKey(one.pod).uid)?.held.get(wishKey(one.place.wish)) !== one) return;
    one.timer = this.parts.clock.setTimer(delayMs, () => this.ask(one, () => this.fetch(one)));
  }
}

/** By this machine's clock, which need not be the master's. */
const fromNow = ({ token, issuedAtMs, expiresAtMs }: GrantedToken, nowMs: number): GrantedToken => ({
  token,
  issuedAtMs: nowMs,
  expiresAtMs: nowMs + expiresAtMs - issuedAtMs,
});

const newHeld = (pod: Pod, place: TokenPlace): Held => ({
  ...{ pod, place, token: undefined, why: '', failures: 0, timer: undefined, asking: undefined },
});
