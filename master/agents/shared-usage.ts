import type { Clock } from '../../platform/clock.ts';
import type { OtherMasters } from './other-masters.ts';
import { type NodeReading, type PodReading, UsageBook, type UsageReader } from './usage.ts';

/** Agents measure no more often. */
const ENOUGH_MS = 10_000;

/**
 * What all nodes use, where the agents are connected to several masters: of its own this master is told, the others are asked for theirs
 * when somebody wants to know, and not again for some seconds.
 *
 * Owns: what the others said last.
 */
export class SharedUsage implements UsageReader {
  readonly #own: UsageReader;
  readonly #others: Pick<OtherMasters, 'usage'>;
  readonly #clock: Clock;
  #theirs = new UsageBook();
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(own: UsageReader, others: Pick<OtherMasters, 'usage'>, clock: Clock) {
    this.#own = own;
    this.#others = others;
    this.#clock = clock;
  }

  /** Of another master's node: as last asked for; the next reader is told what is asked for now. */
  ofNode(nodeName: string): NodeReading | undefined {
    return this.#own.ofNode(nodeName) ?? this.#asked().ofNode(nodeName);
  }

  ofPod(nodeName: string, uid: string): PodReading | undefined {
    return this.#own.ofPod(nodeName, uid) ?? this.#asked().ofPod(nodeName, uid);
  }

  async refresh(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#askedMs < ENOUGH_MS) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  #asked(): UsageBook {
    void this.refresh();
    return this.#theirs;
  }

  async #ask(): Promise<void> {
    const book = new UsageBook();
    for (const { nodeName, report } of await this.#others.usage()) if (report) book.report(nodeName, report);
    this.#theirs = book;
    this.#askedMs = this.#clock.monotonicMs();
  }
}
