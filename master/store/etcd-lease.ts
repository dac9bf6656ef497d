import type { IDuplexStream, ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { EtcdClient } from './etcd-client.ts';
import { type Lease, LeaseLost } from './store.ts';

type Stream = IDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;

interface Question {
  readonly timer: Timer;
  readonly answered: (answer: ILeaseKeepAliveResponse) => void;
  readonly failed: (reason: Error) => void;
}

/** A lease kept by etcd, which counts in whole seconds and keeps none shorter than about two. */
export async function etcdLease(client: EtcdClient, stream: KeepAliveStream, ttlMs: number): Promise<Lease> {
  const leases = client.etcd.leaseClient;
  const TTL = Math.ceil(ttlMs / 1_000);
  const { ID: id } = await client.call((deadline) => leases.leaseGrant({ TTL }, deadline));
  return {
    id,
    keepAlive: async () => {
      const { TTL: left } = await stream.ask(id);
      if (Number(left) <= 0) throw new LeaseLost(`Lease ${id} has ended.`);
    },
    revoke: async () => {
      try {
        await client.call((deadline) => leases.leaseRevoke({ ID: id }, deadline));
      } catch (error) {
        // It had ended already, and its keys are gone.
        if (!(error instanceof LeaseLost)) throw error;
      }
    },
  };
}

/**
 * The stream on which all leases of a client are kept alive: to open one for each question would cost five times what the question does.
 *
 * Owns: the stream, from the first question until it breaks or is closed, and the questions that wait for an answer, by lease, oldest first.
 */
export class KeepAliveStream {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #opening: Promise<Stream> | undefined;
  #stream: Stream | undefined;
  readonly #questions = new Map<string, Question[]>();

  constructor(client: EtcdClient, clock: Clock, timeoutMs: number) {
    this.#client = client;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks etcd to keep a lease alive. Rejects with `StoreUnavailable` where it does not say in time that it did. */
  async ask(id: string): Promise<ILeaseKeepAliveResponse> {
    this.#opening ??= this.#open();
    const stream = await this.#opening;
    if (stream !== this.#stream) throw this.#client.unavailable('the stream of the leases broke.');
    return new Promise((answered, failed) => {
      const timer = this.#clock.setTimer(this.#timeoutMs, () => this.#break(this.#client.timeout()));
      const waiting = this.#questions.get(id) ?? [];
      waiting.push({ timer, answered, failed });
      this.#questions.set(id, waiting);
      stream.write({ ID: id });
    });
  }

  close(): void {
    this.#break(this.#client.unavailable('the store is closed.'));
  }

  async #open(): Promise<Stream> {
    try {
      const stream: Stream = await this.#client.etcd.leaseClient.leaseKeepAlive();
      // One that was given up may still speak of its end.
      const broken = (reason: Error) => this.#stream === stream && this.#break(reason);
      stream.on('data', (answer) => this.#take(answer));
      stream.on('error', (error) => broken(this.#client.storeError(error)));
      stream.on('end', () => broken(this.#client.unavailable('it ended the stream of the leases.')));
      this.#stream = stream;
      return stream;
    } catch (error) {
      this.#opening = undefined;
      throw this.#client.storeError(error);
    }
  }

  #take(answer: ILeaseKeepAliveResponse): void {
    const waiting = this.#questions.get(answer.ID);
    const question = waiting?.shift();
    if (waiting?.length === 0) this.#questions.delete(answer.ID);
    question?.timer.cancel();
    question?.answered(answer);
  }

  /** Nothing more will be answered on this stream; the next question opens another. */
  #break(reason: Error): void {
    if (this.#stream) release(this.#stream);
    this.#stream = undefined;
    this.#opening = undefined;
    const questions = [...this.#questions.values()].flat();
    this.#questions.clear();
    for (const { timer, failed } of questions) {
      timer.cancel();
      failed(reason);
    }
  }
}

function release(stream: Stream): void {
  // Half-closed first: the library takes a cancelled stream that can still be written for a broken connection.
  stream.end();
  stream.cancel();
}
