import { type Event, events } from '../../api/core/event.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { metaOf } from '../../api/meta/object.ts';
import { type Clock, sleep, timestamp } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { Counter, type Registry } from '../../platform/metrics.ts';
import type { Rng } from '../../platform/rng.ts';
import type { EventNote, EventRecorder } from './events.ts';
import type { Objects } from './objects.ts';

/** Notes of each type waiting to be written; more are dropped. */
const MAX_WAITING = 2048;
/** Events written at once after a quiet time, and per second from then on: a flood of them must not hold up what they tell of. */
const BURST = 1024;
const PER_SECOND = 200;
/** How often what has waited for its turn is written. */
const PACE_MS = 100;
/** Notes remembered so that a repeat counts up instead of making another Event. */
const MAX_REMEMBERED = 4096;
const MAX_MESSAGE_LENGTH = 1024;
const CONTEXT = { user: 'system:stowage:events' };

interface Remembered {
  namespace: string;
  name: string;
}

interface Waiting {
  readonly note: EventNote;
  count: number;
}

/**
 * Writes events in the background, a batch at a time and so many per second, warnings first.
 *
 * Owns: the notes that wait, and the names of recent Events by what they say. Both are bounded.
 */
export class StoredEventRecorder implements EventRecorder {
  readonly #objects: Objects;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #log: Logger;
  readonly #dropped: Counter<'type'>;
  readonly #remembered = new Map<string, Remembered>();
  readonly #waiting = { Warning: new Map<string, Waiting>(), Normal: new Map<string, Waiting>() };
  /** How many may be written now, as of `#allowedAtMs`. */
  #allowed = BURST;
  #allowedAtMs: number;
  /** Aborts when what waits is to be written without regard to the pace. */
  #hurry = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(options: { objects: Objects; clock: Clock; rng: Rng; log: Logger; metrics: Registry }) {
    this.#objects = options.objects;
    this.#clock = options.clock;
    this.#rng = options.rng;
    this.#log = options.log;
    this.#allowedAtMs = options.clock.monotonicMs();
    this.#dropped = new Counter({
      name: 'stowage_events_dropped_total',
      help: 'Events that were not recorded because too many waited.',
      labelNames: ['type'],
      registers: [options.metrics],
    });
  }

  record(note: EventNote): void {
    const key = identity(note);
    const waiting = this.#waiting[note.type];
    const same = waiting.get(key);
    if (same) {
      same.count += note.happened?.count ?? 1;
      return;
    }
    if (waiting.size >= MAX_WAITING) {
      this.#dropped.inc({ type: note.type });
      return;
    }
    waiting.set(key, { note, count: note.happened?.count ?? 1 });
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves once everything recorded so far is written or given up. */
  async flush(): Promise<void> {
    this.#hurry.abort();
    await this.#writing;
    this.#hurry = new AbortController();
  }

  async #drain(): Promise<void> {
    // Let everything that is recorded in this turn join one batch.
    await Promise.resolve();
    while (this.#waiting.Warning.size + this.#waiting.Normal.size > 0) {
      const batch = this.#takeBatch();
      await Promise.all(batch.map(([key, { note, count }]) => this.#write(key, note, count)));
      if (this.#allowed < 1) await sleep(this.#clock, PACE_MS, this.#hurry.signal).catch(() => undefined);
    }
  }

  /** As many as may be written now, in the order they were noted. */
  #takeBatch(): [string, Waiting][] {
    const nowMs = this.#clock.monotonicMs();
    const more = ((nowMs - this.#allowedAtMs) / 1000) * PER_SECOND;
    this.#allowed = Math.min(BURST, this.#allowed + more);
    this.#allowedAtMs = nowMs;
    const size = this.#hurry.signal.aborted ? BURST : Math.floor(this.#allowed);
    const batch: [string, Waiting][] = [];
    for (const waiting of [this.#waiting.Warning, this.#waiting.Normal]) {
      for (const entry of waiting) {
        if (batch.length >= size) break;
        batch.push(entry);
        waiting.delete(entry[0]);
      }
    }
    this.#allowed = Math.max(0, this.#allowed - batch.length);
    return batch;
  }

  async #write(key: string, note: EventNote, count: number): Promise<void> {
    try {
      const known = this.#remembered.get(key);
      if (known && (await this.#countUp(known, count, note))) return;
      const event = await this.#objects.create(events, this.#eventOf(note, count), CONTEXT);
      this.#remember(key, { namespace: metaOf(event).namespace ?? '', name: metaOf(event).name ?? '' });
    } catch (error) {
      // The namespace may be going away, or the store may be down: an event is not worth more than a line.
      this.#log.debug({ reason: note.reason, error: String(error) }, 'event not recorded');
    }
  }

  async #countUp({ namespace, name }: Remembered, count: number, { happened }: EventNote): Promise<boolean> {
    try {
      const lastTimestamp = timestamp(happened?.lastMs ?? this.#clock.now());
      const change = (event: Event) => {
        event.count = (event.count ?? 1) + count;
        event.lastTimestamp = lastTimestamp;
      };
      await this.#objects.update(events, namespace, name, change, CONTEXT);
      return true;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }

  #remember(key: string, event: Remembered): void {
    this.#remembered.set(key, event);
    if (this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
  }

  #eventOf({ about, type, reason, message, component, happened }: EventNote, count: number): Event {
    const { namespace = '', name = '', uid, resourceVersion } = metaOf(about);
    const nowMs = this.#clock.now();
    return {
      metadata: { name: `${name}.${this.#rng.suffix(16)}`, namespace: namespace || 'default' },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
      type,
      reason,
      message: message.slice(0, MAX_MESSAGE_LENGTH),
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: timestamp(happened?.firstMs ?? nowMs),
      lastTimestamp: timestamp(happened?.lastMs ?? nowMs),
      count,
    };
  }
}

/** The message last: it alone may hold a line break. */
const identity = ({ about: { kind, metadata }, type, reason, message, component }: EventNote): string =>
  `${kind}\n${metadata?.uid ?? metadata?.name}\n${component}\n${type}\n${reason}\n${message}`;
