import { type Service, services } from '../../../api/core/service.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { formatIpv4, type Ipv4Range, sizeOfRange } from '../../../api/networking/ipv4.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { NetworkSettings, PortRange } from '../../network-settings.ts';
import type { Cache, Change } from '../../store/cache.ts';
import { holdingsOf } from './holdings.ts';

/** How long what was given counts without the cache telling of it: longer than a store takes to answer or to give up. */
const PROMISED_MS = 30_000;
/** A draw that meets so many that are taken looks at the rest one after the other. */
const DRAWS = 16;

/**
 * Which addresses and ports services have, as the cache shows, and which were given a moment ago. Owns: the holder of each, by uid; the
 * promises to objects that are on their way into the store.
 */
export class AddressBook {
  readonly #settings: NetworkSettings;
  readonly #rng: Rng;
  readonly #clock: Clock;
  readonly #unsubscribe: () => void;
  readonly #holders = new Map<string, string>();
  readonly #promises = new Map<string, { uid: string; untilMs: number }>();

  /** Expects the cache to be filled. */
  constructor(settings: NetworkSettings, { cache, rng, clock }: { cache: Cache; rng: Rng; clock: Clock }) {
    this.#settings = settings;
    this.#rng = rng;
    this.#clock = clock;
    for (const service of cache.list(services)) this.#take(service);
    this.#unsubscribe = cache.subscribe(services, (change) => this.#hear(change));
  }

  get settings(): NetworkSettings {
    return this.#settings;
  }

  stop(): void {
    this.#unsubscribe();
  }

  isTaken(held: string, byOtherThan: string): boolean {
    const holder = this.#holders.get(held);
    if (holder !== undefined && holder !== byOtherThan) return true;
    const promise = this.#promises.get(held);
    return promise !== undefined && promise.uid !== byOtherThan && promise.untilMs > this.#clock.monotonicMs();
  }

  promise(uid: string, holdings: readonly string[]): void {
    const untilMs = this.#clock.monotonicMs() + PROMISED_MS;
    for (const held of holdings) if (this.#holders.get(held) !== uid) this.#promises.set(held, { uid, untilMs });
  }

  withdraw(uid: string, holdings: readonly string[]): void {
    for (const held of holdings) if (this.#promises.get(held)?.uid === uid) this.#promises.delete(held);
  }

  /**
   * A free address of a service, or undefined where there is none. The first ones of a range are left to those who choose for themselves,
   * as long as there are others (Kubernetes docs, "Service ClusterIP allocation").
   */
  drawAddress(range: Ipv4Range, uid: string, beside: readonly string[] = []): string | undefined {
    const isFree = (offset: number) => {
      const ip = formatIpv4(range.base + offset);
      return !beside.includes(ip) && !this.isTaken(ip, uid);
    };
    // Neither the range's own address nor the broadcast.
    const last = Math.max(0, sizeOfRange(range) - 2);
    const offset = this.#draw(1, last, 1 + chosenPart(sizeOfRange(range)), isFree);
    return offset === undefined ? undefined : formatIpv4(range.base + offset);
  }

  drawPort({ first, last }: PortRange, uid: string, beside: readonly number[] = []): number | undefined {
    const isFree = (port: number) => !beside.includes(port) && !this.isTaken(String(port), uid);
    return this.#draw(first, last, first + chosenPart(last - first + 1), isFree);
  }

  /** One of first..last at random, of those from `preferred` on while there are any. */
  #draw(first: number, last: number, preferred: number, isFree: (number: number) => boolean): number | undefined {
    const from = Math.min(preferred, last);
    for (let draw = 0; draw < DRAWS; draw++) {
      const number = from + this.#rng.int(last - from + 1);
      if (isFree(number)) return number;
    }
    for (let number = from; number <= last; number++) if (isFree(number)) return number;
    for (let number = from - 1; number >= first; number--) if (isFree(number)) return number;
    return undefined;
  }

  #hear({ type, object, previous }: Change<Service>): void {
    if (previous) this.#release(previous);
    if (type === 'deleted') this.#release(object);
    else this.#take(object);
  }

  #take(service: Service): void {
    const { uid = '' } = metaOf(service);
    for (const held of holdingsOf(service)) {
      this.#holders.set(held, uid);
      if (this.#promises.get(held)?.uid === uid) this.#promises.delete(held);
    }
  }

  #release(service: Service): void {
    const { uid } = metaOf(service);
    for (const held of holdingsOf(service)) if (this.#holders.get(held) === uid) this.#holders.delete(held);
  }
}

/** How much of a range is for those who choose for themselves: a sixteenth, from 16 to 256; nothing of a small one. */
const chosenPart = (size: number): number => (size < 32 ? 0 : Math.min(256, Math.max(16, Math.floor(size / 16))));
