import type { Interceptor } from '@grpc/grpc-js';
import { InterceptingCall } from '@grpc/grpc-js';
import { Etcd3, EtcdLeaseInvalidError, GRPCDeadlineExceededError, type IOptions } from 'etcd3';
import type { Clock } from '../../platform/clock.ts';
import { EtcdMembers, once } from './etcd-members.ts';
import { LeaseLost, RevisionCompacted, StoreUnavailable } from './store.ts';

export interface EtcdCredentials {
  /** Default: what the system trusts. */
  readonly rootCertificate?: Buffer;
  readonly privateKey?: Buffer;
  readonly certChain?: Buffer;
}

export interface EtcdUser {
  readonly name: string;
  readonly password: string;
}

export interface EtcdClientOptions {
  readonly endpoints: readonly string[];
  readonly credentials?: EtcdCredentials;
  readonly user?: EtcdUser;
  readonly clock: Clock;
  /** How long one call may take. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** etcd refused a request for its size, and did nothing. */
export class RequestTooLarge extends Error {
  override readonly name = 'RequestTooLarge';
}

/** etcd's answer was longer than is taken. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
}

/** Finds a dead connection; etcd refuses pings that come more often than every 5 s. */
const PING_EVERY_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;
const FLOW_CONTROL_WINDOW_BYTES = 16 * 2 ** 20;

/** A call that fails with these words has not left this machine. */
const NEVER_SENT = /No connection established|Name resolution failed|ECONNREFUSED/;

/**
 * Watches and leases end when their member loses its leader, instead of standing still (etcd docs, "API guarantees"; its own client
 * calls it WithRequireLeader).
 */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      if (options.method_definition.requestStream) metadata.set('hasleader', 'true');
      next(metadata, listener);
    },
  });

/** An etcd3 client whose every call ends in time, with this house's errors. Owns the connection. */
export class EtcdClient {
  readonly etcd: Etcd3;
  readonly #options: EtcdClientOptions;
  readonly #where: string;
  readonly #members: EtcdMembers;

  constructor(options: EtcdClientOptions) {
    this.#options = options;
    this.#where = `etcd at ${options.endpoints.join(', ')}`;
    this.#members = new EtcdMembers(options.endpoints);
    const { user, clock, timeoutMs } = options;
    const callOptions = () => ({ deadline: clock.now() + timeoutMs });
    this.etcd = new Etcd3({
      hosts: [...options.endpoints],
      credentials: options.credentials as IOptions['credentials'],
      ...(user && { auth: { username: user.name, password: user.password, callOptions } }),
      grpcOptions: {
        'grpc.keepalive_time_ms': PING_EVERY_MS,
        'grpc.keepalive_timeout_ms': PING_TIMEOUT_MS,
        'grpc.max_receive_message_length': options.maxAnswerBytes,
        // The default of 64 KiB is less than one message of a busy watch: it would come in pieces, a turn of the event loop each, and
        // the watch would fall further and further behind.
        'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 1_000,
        interceptors: [requireLeader],
      } as IOptions['grpcOptions'],
      faultHandling: { global: once, host: (endpoint) => this.#members.policyOf(endpoint) },
    });
  }

  /**
   * Makes one call, with its deadline. Where the member that is asked cannot be reached at all, the others are. Rejects as the Store
   * seam says: with `StoreUnavailable` the call may have been heard.
   */
  call<T>(make: (options: { deadline: number }) => Promise<T>): Promise<T> {
    return this.#ask(make, (error) => NEVER_SENT.test(error.message));
  }

  /** Makes a call that changes nothing: where a member is lost under it, another is asked. Rejects as the Store seam says. */
  read<T>(make: (options: { deadline: number }) => Promise<T>): Promise<T> {
    return this.#ask(make, (error) => error instanceof StoreUnavailable);
  }

  async #ask<T>(
    make: (options: { deadline: number }) => Promise<T>,
    mayBeAskedAgain: (error: Error) => boolean,
  ): Promise<T> {
    const { clock, timeoutMs } = this.#options;
    const deadline = clock.now() + timeoutMs;
    for (let left = this.#members.count - 1; ; left -= 1) {
      try {
        return await make({ deadline });
      } catch (cause) {
        const error = this.storeError(cause);
        if (left <= 0 || clock.now() >= deadline || !mayBeAskedAgain(error)) throw error;
      }
    }
  }

  /** What a failure of etcd means in the terms of the Store seam. */
  storeError(error: unknown): Error {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof EtcdLeaseInvalidError) return new LeaseLost('The lease has ended.', { cause: error });
    if (message.includes('has been compacted')) {
      return new RevisionCompacted(`${this.#where} has forgotten that revision; list again.`, { cause: error });
    }
    if (message.includes('future revision')) return new RangeError(`${this.#where}: that revision lies ahead.`);
    // Our library's words, with a capital: etcd's are "grpc: received message larger than max".
    if (message.includes('Received message larger than max')) {
      return new MessageTooLarge(`${this.#where} answered at greater length than is taken (${message}).`);
    }
    if (/request is too large|message larger than max/.test(message)) {
      return new RequestTooLarge(`${this.#where} refused a write larger than its limit (--max-request-bytes).`);
    }
    if (error instanceof GRPCDeadlineExceededError) return this.timeout(error);
    if (message.includes('ECONNREFUSED')) return this.unavailable('it refuses connections; is it running?', error);
    return this.unavailable(message.replace(/\.$/, ''), error);
  }

  timeout(cause?: unknown): StoreUnavailable {
    const seconds = this.#options.timeoutMs / 1_000;
    return new StoreUnavailable(`${this.#where} did not answer within ${seconds} s.`, { cause });
  }

  unavailable(why: string, cause?: unknown): StoreUnavailable {
    return new StoreUnavailable(`Cannot reach ${this.#where}: ${why}`, { cause });
  }

  close(): void {
    this.etcd.close();
  }
}
