import { type ApiError, tooManyRequests } from '../../../api/meta/errors.ts';
import type { Clock, Timer } from '../../../platform/clock.ts';
import type { User } from '../../user.ts';
import type { RequestInfo } from '../request.ts';
import { LevelQueue, Seat } from './level-queue.ts';
import {
  type FlowSchema,
  LEVEL_SHARES,
  type LimitedLevelName,
  schemaOf,
  schemasOf,
  seatsOf,
  type UserSchemas,
} from './levels.ts';

export interface FairnessOptions {
  /** Seats of all levels together; each level's are rounded up. */
  readonly seats: number;
  readonly clock: Clock;
  /** Default 15 s. */
  readonly maxWaitMs?: number;
}

/** Why somebody got no seat, as Kubernetes names it. */
export type Refusal = 'queue-full' | 'time-out' | 'cancelled';

/** Owns: what has come of the requests of one flow schema; counted always, told when somebody asks for the metrics. */
export class SchemaCounts {
  dispatched = 0;
  waiting = 0;
  readonly refused: Record<Refusal, number> = { 'queue-full': 0, 'time-out': 0, cancelled: 0 };
}

const WAITING_PER_FLOW = 50;
const WAITING = 1_000;
/** A quarter of the time that Kubernetes gives a request. */
const MAX_WAIT_MS = 15_000;
const RETRY_AFTER_SECONDS = 1;

/**
 * Lets requests in by priority level, and fairly among the users of each. Whoever finds room enters synchronously. Levels lend each
 * other nothing: one thread does all the work, so that a level gains little by more seats, and loses much when they are gone.
 *
 * Owns: the queues of all levels and the timers of those who wait.
 */
export class Fairness {
  readonly levels: Readonly<Record<LimitedLevelName, LevelQueue>>;
  readonly counts = new Map<FlowSchema, SchemaCounts>();
  /** Told of the time that somebody waited, in seconds. */
  onWaited: (schema: FlowSchema, seconds: number, seated: boolean) => void = () => {};
  readonly #clock: Clock;
  readonly #maxWaitMs: number;
  /** Users are the same objects for as long as their certificate or token is known. */
  readonly #users = new WeakMap<User, UserSchemas>();

  constructor({ seats, clock, maxWaitMs = MAX_WAIT_MS }: FairnessOptions) {
    this.#clock = clock;
    this.#maxWaitMs = maxWaitMs;
    const names = Object.keys(LEVEL_SHARES) as LimitedLevelName[];
    const bounds = (name: LimitedLevelName) => ({
      seats: seatsOf(name, seats),
      waitingPerFlow: WAITING_PER_FLOW,
      waiting: WAITING,
    });
    this.levels = Object.fromEntries(names.map((name) => [name, new LevelQueue(bounds(name))])) as Fairness['levels'];
  }

  /**
   * A seat for a request, which must be left when it has been answered; at once, or when it is the request's turn. Rejects with 429
   * when the queue is full, the wait too long, or the client gone.
   */
  enter(user: User, info: RequestInfo, asked: number, signal: AbortSignal): Seat | Promise<Seat> {
    const schema = this.schemaOf(user, info);
    const counts = this.#countsOf(schema);
    if (schema.level === 'exempt') {
      counts.dispatched++;
      return new Seat(0);
    }
    const level = this.levels[schema.level];
    const width = level.widthOf(asked);
    const seat = level.enter(user.name, width);
    if (!seat) return this.#wait(level, schema, user.name, width, signal);
    counts.dispatched++;
    return seat;
  }

  schemaOf(user: User, info: RequestInfo): FlowSchema {
    let schemas = this.#users.get(user);
    if (!schemas) {
      schemas = schemasOf(user);
      this.#users.set(user, schemas);
    }
    return schemaOf(schemas, info);
  }

  #countsOf(schema: FlowSchema): SchemaCounts {
    let counts = this.counts.get(schema);
    if (!counts) {
      counts = new SchemaCounts();
      this.counts.set(schema, counts);
    }
    return counts;
  }

  #wait(level: LevelQueue, schema: FlowSchema, flow: string, width: number, signal: AbortSignal): Promise<Seat> {
    const counts = this.#countsOf(schema);
    const since = this.#clock.monotonicMs();
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const end = () => {
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
        counts.waiting--;
      };
      const told = (seated: boolean) => this.onWaited(schema, (this.#clock.monotonicMs() - since) / 1000, seated);
      const fail = (refusal: Refusal) => {
        end();
        told(false);
        reject(refused(counts, schema, refusal));
      };
      const seated = (seat: Seat) => {
        end();
        told(true);
        counts.dispatched++;
        resolve(seat);
      };
      const giveUp = level.wait(flow, { width, seated, pushedOut: () => fail('queue-full') });
      if (!giveUp) return this.#refuseLater(refused(counts, schema, 'queue-full'), signal, reject);
      counts.waiting++;
      const leave = (refusal: Refusal) => {
        giveUp();
        fail(refusal);
      };
      const onAbort = () => leave('cancelled');
      if (signal.aborted) return onAbort();
      timer = this.#clock.setTimer(this.#maxWaitMs, () => leave('time-out'));
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Not at once, for those who ask again without a pause would keep everybody busy with refusals. */
  #refuseLater(error: ApiError, signal: AbortSignal, reject: (error: ApiError) => void): void {
    const tell = () => {
      timer.cancel();
      signal.removeEventListener('abort', tell);
      reject(error);
    };
    const timer = this.#clock.setTimer(RETRY_AFTER_SECONDS * 1000, tell);
    signal.addEventListener('abort', tell, { once: true });
    if (signal.aborted) tell();
  }
}

const SENTENCES: Readonly<Record<Refusal, string>> = {
  'queue-full': 'too many of its requests are waiting',
  'time-out': 'it waited too long for its turn',
  cancelled: 'the client went away while it waited',
};

function refused(counts: SchemaCounts, { name, level }: FlowSchema, refusal: Refusal): ApiError {
  counts.refused[refusal]++;
  const why = `priority level ${level}, flow schema ${name}: ${SENTENCES[refusal]}`;
  return tooManyRequests(`too many requests, please try again later (${why})`, RETRY_AFTER_SECONDS);
}
