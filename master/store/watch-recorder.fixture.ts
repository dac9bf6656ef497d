import type { Revision, Store, Watch, WatchEvent } from './store.ts';

/** A watcher for tests: keeps what it is told, and lets a test wait for it. */
export class WatchRecorder {
  readonly events: WatchEvent[] = [];
  readonly batches: { events: readonly WatchEvent[]; revision: Revision }[] = [];
  lost: Error | undefined;
  revision: Revision = 0;
  readonly watch: Watch;
  #wake: (() => void)[] = [];

  constructor(store: Store, prefix: string, after: Revision) {
    this.watch = store.watch(prefix, after, {
      events: (events, revision) => {
        this.events.push(...events);
        this.batches.push({ events, revision });
        this.revision = revision;
        this.#changed();
      },
      lost: (reason) => {
        this.lost = reason;
        this.#changed();
      },
    });
  }

  /** `put KEY=VALUE` and `delete KEY`, in the order told. */
  get lines(): string[] {
    return this.events.map((event) =>
      event.type === 'put' ? `put ${event.value.key}=${event.value.value}` : `delete ${event.key}`,
    );
  }

  /** Resolves once `condition` holds, which is looked at whenever something is told. The test's time-out is the deadline. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
