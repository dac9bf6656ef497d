import type { PodRef } from '../proto/messages.ts';
import type { EventStep } from './plan/steps.ts';

/** Something that people are to be told, and how often it has happened. */
export interface KeptEvent {
  /** Null: it is about the node. */
  readonly ref: PodRef | null;
  readonly event: Omit<EventStep, 'type'>;
  readonly count: number;
  /** The first and the last time: wall time, milliseconds since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Events kept; when there are more, the oldest one of the kind of which there are most goes. */
const MOST_KEPT = 500;
/** So many that differ in nothing but their words; the next are told together, as Kubernetes does it (client-go, "EventCorrelator"). */
const MOST_ALIKE = 10;
const COMBINED = '(combined from similar events): ';

/**
 * Events that wait to be told. What happens again and again is one entry that counts, so that a probe that fails for an hour does not
 * crowd out all else. Owns nothing but memory; bounded.
 */
export class EventBook {
  /** By what they say, in the order in which they first happened. */
  private readonly kept = new Map<string, KeptEvent>();
  /** Keys of those that are alike but for their words. */
  private readonly alike = new Map<string, Set<string>>();

  note(ref: PodRef | null, event: KeptEvent['event'], nowMs: number): void {
    const kind = kindOf(ref, event);
    const group = this.alike.get(kind) ?? new Set();
    const exact = `${kind}\n${event.message}`;
    const combine = group.size >= MOST_ALIKE && !group.has(exact);
    const key = combine ? `${kind}\n${COMBINED}` : exact;
    const before = this.kept.get(key);
    const told = combine ? { ...event, message: COMBINED + event.message } : event;
    const count = (before?.count ?? 0) + 1;
    this.kept.set(key, { ref, event: told, count, firstMs: before?.firstMs ?? nowMs, lastMs: nowMs });
    this.alike.set(kind, group.add(key));
    if (this.kept.size > MOST_KEPT) this.dropOne();
  }

  /** Hands over what is kept, the first of it first, and keeps what `tell` does not take (it returns false) and all after it. */
  tell(tell: (event: KeptEvent) => boolean): boolean {
    for (const [key, event] of this.kept) {
      if (!tell(event)) return false;
      this.forget(key, kindOf(event.ref, event.event));
    }
    return true;
  }

  private dropOne(): void {
    let [kind, most]: [string, ReadonlySet<string>] = ['', new Set()];
    for (const [name, group] of this.alike) if (group.size > most.size) [kind, most] = [name, group];
    const [oldest] = most;
    if (oldest !== undefined) this.forget(oldest, kind);
  }

  private forget(key: string, kind: string): void {
    this.kept.delete(key);
    const group = this.alike.get(kind);
    group?.delete(key);
    if (group?.size === 0) this.alike.delete(kind);
  }
}

const kindOf = (ref: PodRef | null, { container, eventType, reason }: KeptEvent['event']): string =>
  [ref?.uid, container, eventType, reason].join('\n');
