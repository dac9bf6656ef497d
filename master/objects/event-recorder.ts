import { type Event, events } from '../../api/core/event.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { metaOf } from '../../api/meta/object.ts';
import { type Clock, timestamp } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { Counter, type Registry } from '../../platform/metrics.ts';
import type { Rng } from '../../platform/rng.ts';
import type { EventNote, EventRecorder } from './events.ts';
import type { Objects } from './objects.ts';

/** Notes waiting to be written; more are dropped. */
const MAX_WAITING = 4096;
/** Notes remembered so that a repeat counts up instead of making another Event. */
const MAX_REMEMBERED = 4096;
const MAX_MESSAGE_LENGTH = 1024;
const CONTEXT = { user: 'system:stowage:events' };

interface Remembered {
  namespace: string;
  name: string;
}

/**
 * Writes events in the background, a batch at a time.
 *
 * Owns: the notes that wait, and the names of recent Events by what they say. Both are bounded.
 */
export class StoredEventRecorder implements EventRecorder {
  readonly #objects: Objects;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #log: Logger;
  readonly #dropped: Counter;
  readonly #remembered = new Map<string, Remembered>();
  #waiting = new Map<string, { note: EventNote; count: number }>();
  #writing: Promise<void> | undefined;

  constructor(options: { objects: Objects; clock: Clock; rng: Rng; log: Logger; metrics: Registry }) {
    this.#objects = options.objects;
    this.#clock = options.clock;
    this.#rng = options.rng;
    this.#log = options.log;
    this.#dropped = new Counter({
      name: 'stowage_events_dropped_total',
      help: 'Events that were not recorded because too many waited.',
      registers: [options.metrics],
    });
  }

  record(note: EventNote): void {
    const key = identity(note);
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.count++;
      return;
    }
    if (this.#waiting.size >= MAX_WAITING) {
      this.#dropped.inc();
      return;
    }
    this.#waiting.set(key, { note, count: 1 });
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves once everything recorded so far is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    // Let everything that is recorded in this turn join one batch.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const batch = this.#waiting;
      this.#waiting = new Map();
      await Promise.all([...batch].map(([key, { note, count }]) => this.#write(key, note, count)));
    }
  }

  async #write(key: string, note: EventNote, count: number): Promise<void> {
    try {
      const known = this.#remembered.get(key);
      if (known && (await this.#countUp(known, count))) return;
      const event = await this.#objects.create(events, this.#eventOf(note, count), CONTEXT);
      this.#remember(key, { namespace: metaOf(event).namespace ?? '', name: metaOf(event).name ?? '' });
    } catch (error) {
      // The namespace may be going away, or the store may be down: an event is not worth more than a line.
      this.#log.debug({ reason: note.reason, error: String(error) }, 'event not recorded');
    }
  }

  async #countUp({ namespace, name }: Remembered, count: number): Promise<boolean> {
    try {
      const nowText = timestamp(this.#clock.now());
      const change = (event: Event) => {
        event.count = (event.count ?? 1) + count;
        event.lastTimestamp = nowText;
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

  #eventOf({ about, type, reason, message, component }: EventNote, count: number): Event {
    const { namespace = '', name = '', uid, resourceVersion } = metaOf(about);
    const nowText = timestamp(this.#clock.now());
    return {
      metadata: { name: `${name}.${this.#rng.suffix(16)}`, namespace: namespace || 'default' },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
      type,
      reason,
      message: message.slice(0, MAX_MESSAGE_LENGTH),
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: nowText,
      lastTimestamp: nowText,
      count,
    };
  }
}

const identity = ({ about, type, reason, message, component }: EventNote): string =>
  JSON.stringify([about.kind, metaOf(about).uid ?? metaOf(about).name, component, type, reason, message]);
