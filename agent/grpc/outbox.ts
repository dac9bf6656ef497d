import type { EventReport, FromAgent, PodRef, PodReport } from '../../proto/messages.ts';

/** Events held back while the master does not read; older ones go first, as events are best effort. */
const MAX_EVENTS = 1000;

/**
 * What an agent wants to say while the network does not take it. Newer state replaces older state of the same thing, so that
 * it never holds more than one report per pod and one per node; the rest is bounded too.
 *
 * Owns nothing but memory. `take` gives what is held, in an order in which a pod's status comes before the news that it is gone.
 */
export class AgentOutbox {
  #node: FromAgent | undefined;
  #heartbeat: FromAgent | undefined;
  #usage: FromAgent | undefined;
  readonly #pods = new Map<string, PodReport>();
  readonly #gone = new Map<string, PodRef>();
  #events: EventReport[] = [];

  get empty(): boolean {
    return (
      !this.#node && !this.#heartbeat && !this.#usage && !this.#pods.size && !this.#gone.size && !this.#events.length
    );
  }

  put(message: FromAgent): void {
    if (message.node) this.#node = message;
    if (message.heartbeat) this.#heartbeat = message;
    if (message.usage) this.#usage = message;
    for (const report of message.pods?.reports ?? []) this.#pods.set(report.uid, report);
    for (const pod of message.gone?.pods ?? []) this.#gone.set(pod.uid, pod);
    if (message.event) {
      this.#events.push(message.event);
      if (this.#events.length > MAX_EVENTS) this.#events.shift();
    }
  }

  /** Everything held, as few messages; afterwards it is empty. */
  take(): FromAgent[] {
    const messages: FromAgent[] = [];
    if (this.#heartbeat) messages.push(this.#heartbeat);
    if (this.#node) messages.push(this.#node);
    if (this.#pods.size) messages.push({ message: 'pods', pods: { reports: [...this.#pods.values()] } });
    for (const event of this.#events) messages.push({ message: 'event', event });
    if (this.#gone.size) messages.push({ message: 'gone', gone: { pods: [...this.#gone.values()] } });
    if (this.#usage) messages.push(this.#usage);
    this.#node = undefined;
    this.#heartbeat = undefined;
    this.#usage = undefined;
    this.#pods.clear();
    this.#gone.clear();
    this.#events = [];
    return messages;
  }
}
