import { type BackoffPolicy, backoffMs } from '../platform/backoff.ts';
import { type Clock, sleep, type Timer } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Rng } from '../platform/rng.ts';
import type { FromMaster, Hello, Welcome } from '../proto/messages.ts';
import { type AgentTransport, MasterRefused, type Session } from './transport.ts';

export interface ConnectionParts {
  /** Called before each try: the transport may have to enrol first. */
  readonly transport: (signal: AbortSignal) => Promise<AgentTransport>;
  readonly hello: () => Promise<Hello>;
  /** A session has begun. A rejection ends the connection for good: a person must act. */
  readonly welcomed: (welcome: Welcome, session: Session) => Promise<void>;
  /** In order, after `welcomed`. */
  readonly message: (message: FromMaster, session: Session) => void;
  readonly lost: () => void;
  /** Called at every heartbeat. */
  readonly heartbeat: (session: Session) => void;
  /** The master refused: a person must act. The connection goes on trying. */
  readonly refused: (reason: MasterRefused) => void;
  /** A try has failed: the next one goes to another master. True when all have been tried, so that it is time to wait. */
  readonly moveOn: () => boolean;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** The master may be back in a moment; many agents must not return all at once. */
const RETRY: BackoffPolicy = { baseMs: 250, maxMs: 5_000 };
/** Those that a master leaves behind do not all come to the next one in the same moment. */
const MOVE_MS = 250;
/** A refusal seldom changes by itself. */
const RETRY_REFUSED: BackoffPolicy = { baseMs: 2_000, maxMs: 60_000 };

/** Keeps a session with a master, for ever: dial, be welcomed, follow, and dial the next master after a loss. Owns the session. */
export class Connection implements Service {
  private readonly parts: ConnectionParts;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
  }

  /** Resolves at once; the loop goes on in the background. */
  async start(): Promise<void> {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the agent is stopping'));
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock, rng, log, refused } = this.parts;
    const { signal } = this.stopping;
    /** Since the last session: tries, and rounds of tries of all masters. */
    let failures = 0;
    let rounds = 0;
    while (!signal.aborted) {
      try {
        await this.session(() => {
          failures = 0;
          rounds = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const isRefusal = error instanceof MasterRefused;
        if (isRefusal) refused(error);
        if (failures === 1) log.warn({ err: error }, 'no session with a master; trying again until there is one');
        const isRoundOver = this.parts.moveOn();
        if (isRoundOver) rounds += 1;
        const waitMs = isRoundOver ? backoffMs(RETRY, rounds, rng) : rng.next() * MOVE_MS;
        const delayMs = isRefusal ? backoffMs(RETRY_REFUSED, failures, rng) : waitMs;
        await sleep(clock, delayMs, signal).catch(() => {});
      }
    }
  }

  /** One session, from dialling to its loss; always throws. */
  private async session(established: () => void): Promise<never> {
    const { parts } = this;
    const { signal } = this.stopping;
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    const onStop = () => lost.reject(signal.reason);
    signal.addEventListener('abort', onStop, { once: true });
    const early: FromMaster[] = [];
    let take = (message: FromMaster) => {
      early.push(message);
    };
    let session: Session | undefined;
    let heartbeats: Timer | undefined;
    try {
      const transport = await parts.transport(signal);
      const hello = await parts.hello();
      const connecting = transport.connect(hello, { message: (message) => take(message), lost: lost.reject });
      // One that comes too late is let go again.
      connecting.then((late) => signal.aborted && late.close()).catch(() => {});
      session = await Promise.race([connecting, lost.promise]);
      const open = session;
      await parts.welcomed(open.welcome, open);
      established();
      for (const message of early) this.deliver(message, open);
      take = (message) => this.deliver(message, open);
      const beat = () => {
        parts.heartbeat(open);
        heartbeats = parts.clock.setTimer(open.welcome.heartbeatMs, beat);
      };
      heartbeats = parts.clock.setTimer(open.welcome.heartbeatMs, beat);
      return await lost.promise;
    } finally {
      signal.removeEventListener('abort', onStop);
      heartbeats?.cancel();
      if (session) parts.lost();
      session?.close();
    }
  }

  /** A message that cannot be understood must not end the session: the next one may be fine. */
  private deliver(message: FromMaster, session: Session): void {
    try {
      this.parts.message(message, session);
    } catch (error) {
      this.parts.log.error({ err: error, message: message.message }, 'could not take a message of the master');
    }
  }
}
