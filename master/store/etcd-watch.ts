import type { IDuplexStream, IEvent, IWatchRequest, IWatchResponse } from 'etcd3';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { EtcdClient } from './etcd-client.ts';
import type { EtcdKeys } from './etcd-keys.ts';
import { type Revision, RevisionCompacted, type Watch, type WatchEvent, type WatchHandlers } from './store.ts';

type Stream = IDuplexStream<IWatchRequest, IWatchResponse>;

export interface EtcdWatchOptions {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly clock: Clock;
  /** etcd must have taken the watch within this time. */
  readonly timeoutMs: number;
  readonly prefix: string;
  readonly after: Revision;
  readonly handlers: WatchHandlers;
  /** Told of each revision that was seen, before the handlers are. */
  readonly onRevision: (revision: Revision) => void;
  /** Told once, when the watch has ended for whatever reason. */
  readonly onEnd: (watch: EtcdWatch) => void;
}

/**
 * One watch on a stream of its own. Watches all keys of the cell and picks those under the prefix, so that it learns of every
 * revision the cell makes. A broken stream ends the watch; whoever watches begins again from the last revision it was told.
 */
export class EtcdWatch implements Watch {
  readonly #options: EtcdWatchOptions;
  #stream: Stream | undefined;
  #timer: Timer | undefined;
  #ended = false;

  constructor(options: EtcdWatchOptions) {
    this.#options = options;
    const { client, clock, timeoutMs } = options;
    this.#timer = clock.setTimer(timeoutMs, () => this.end(client.timeout()));
    client.etcd.watchClient.watch().then(
      (stream) => this.#begin(stream),
      (error: unknown) => this.end(client.storeError(error)),
    );
  }

  stop(): void {
    this.end(undefined);
  }

  /** Ends the watch; its handlers are told where there is a reason. */
  end(reason: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#release();
    this.#options.onEnd(this);
    if (reason) this.#options.handlers.lost(reason);
  }

  #release(): void {
    // Half-closed first: the library takes a cancelled stream that can still be written for a broken connection.
    this.#stream?.end();
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  #begin(stream: Stream): void {
    const { client, keys, after } = this.#options;
    this.#stream = stream;
    stream.on('error', (error) => this.end(client.storeError(error)));
    stream.on('end', () => this.end(client.unavailable('it ended the watch.')));
    stream.on('data', (response) => this.#take(response));
    // From `after` itself, which is dropped again below: etcd would take a watch from the revision just behind a compaction,
    // although the deletes of the compacted revision are gone.
    if (this.#ended) this.#release();
    else stream.write({ create_request: { ...keys.everything, start_revision: after } });
  }

  #take(response: IWatchResponse): void {
    if (this.#ended) return;
    if (response.canceled) this.end(this.#refusal(response));
    else if (response.created) this.#created();
    else this.#tell(response.events);
  }

  #tell(told: readonly IEvent[]): void {
    const { after, handlers, onRevision } = this.#options;
    const revision = Math.max(after, ...told.map(({ kv }) => Number(kv.mod_revision)));
    if (revision === after) return;
    onRevision(revision);
    handlers.events(
      told.flatMap((event) => this.#decode(event)),
      revision,
    );
  }

  #created(): void {
    this.#timer?.cancel();
    this.#options.handlers.events([], this.#options.after);
  }

  #decode({ type, kv }: IEvent): WatchEvent[] {
    const { keys, prefix, after } = this.#options;
    const key = keys.decode(kv.key);
    const modRevision = Number(kv.mod_revision);
    if (!key?.startsWith(prefix) || modRevision <= after) return [];
    return String(type).toLowerCase() === 'delete'
      ? [{ type: 'delete', key, modRevision }]
      : [{ type: 'put', value: { key, value: kv.value.toString(), modRevision } }];
  }

  #refusal({ compact_revision: compacted, cancel_reason: why }: IWatchResponse): Error {
    const { client, after } = this.#options;
    if (Number(compacted) === 0) return client.unavailable(`it refused the watch (${why || 'no reason given'}).`);
    return new RevisionCompacted(
      `Revision ${after} is too old: etcd has forgotten what came before ${compacted}; list again.`,
    );
  }
}
