import { createHash } from 'node:crypto';
import type { Clock } from '../../platform/clock.ts';
import { Limiter } from '../limiter.ts';
import {
  type ContainerRuntime,
  type ImageInfo,
  isRuntimeError,
  type PullProgress,
  type RegistryCredentials,
  RuntimeError,
} from '../runtime.ts';

/** A pull of which nothing was heard for so long is given up. */
const SILENCE_MS = 180_000;

export interface PullRequest {
  readonly reference: string;
  /** To be tried in turn; none: as anybody. */
  readonly credentials: readonly RegistryCredentials[];
  /** Called as often as the engine tells of it. */
  readonly progress: (progress: PullProgress) => void;
}

export interface Pulled {
  readonly image: ImageInfo;
  readonly tookMs: number;
  /** With the time it waited for its turn. */
  readonly inAllMs: number;
}

interface Pull {
  readonly done: Promise<Pulled>;
  readonly listeners: Set<PullRequest['progress']>;
}

/**
 * Fetches images: of one image with the same credentials there is one pull at a time, however many pods wait for it. Owns the pulls
 * under way.
 */
export class ImagePuller {
  private readonly runtime: Pick<ContainerRuntime, 'pull'>;
  private readonly clock: Clock;
  private readonly pulls = new Map<string, Pull>();
  private readonly limiter: Limiter;
  private readonly stopping = new AbortController();

  constructor(runtime: Pick<ContainerRuntime, 'pull'>, pullsAtOnce: number, clock: Clock) {
    this.runtime = runtime;
    this.clock = clock;
    this.limiter = new Limiter(pullsAtOnce);
  }

  /** Rejects with the runtime's error; whoever waits decides when to try again. */
  pull(request: PullRequest): Promise<Pulled> {
    const key = keyOf(request);
    const pull = this.pulls.get(key) ?? this.begin(key, request);
    pull.listeners.add(request.progress);
    return pull.done;
  }

  stop(): void {
    this.stopping.abort(new Error('the agent is stopping'));
  }

  private begin(key: string, request: PullRequest): Pull {
    const listeners: Pull['listeners'] = new Set();
    const tell = (progress: PullProgress) => {
      for (const listener of listeners) listener(progress);
    };
    const done = this.timed(request, tell).finally(() => this.pulls.delete(key));
    const pull = { done, listeners };
    this.pulls.set(key, pull);
    return pull;
  }

  private async timed({ reference, credentials }: PullRequest, tell: PullRequest['progress']): Promise<Pulled> {
    const { clock } = this;
    const askedMs = clock.monotonicMs();
    return this.limiter.run(async () => {
      const begunMs = clock.monotonicMs();
      const image = await this.inTurn(reference, credentials.length > 0 ? credentials : [undefined], tell);
      const endedMs = clock.monotonicMs();
      return { image, tookMs: endedMs - begunMs, inAllMs: endedMs - askedMs };
    });
  }

  /** Tries the credentials one after the other; what all of them came to is told together. */
  private async inTurn(
    reference: string,
    candidates: readonly (RegistryCredentials | undefined)[],
    tell: PullRequest['progress'],
  ): Promise<ImageInfo> {
    const faults: string[] = [];
    for (const credentials of candidates) {
      try {
        return await this.once(reference, credentials, tell);
      } catch (error) {
        if (!isRuntimeError(error, 'failed') || this.stopping.signal.aborted) throw error;
        faults.push(error.message);
      }
    }
    throw new RuntimeError('failed', [...new Set(faults)].join('; '));
  }

  private async once(
    reference: string,
    credentials: RegistryCredentials | undefined,
    tell: PullRequest['progress'],
  ): Promise<ImageInfo> {
    const { clock } = this;
    const givenUp = new AbortController();
    let heardMs = clock.monotonicMs();
    const check = () => {
      const leftMs = heardMs + SILENCE_MS - clock.monotonicMs();
      if (leftMs <= 0) givenUp.abort(new Error(`nothing came of it for ${SILENCE_MS / 1000} s`));
      else timer = clock.setTimer(leftMs, check);
    };
    let timer = clock.setTimer(SILENCE_MS, check);
    const progress = (news: PullProgress) => {
      heardMs = clock.monotonicMs();
      tell(news);
    };
    const signal = AbortSignal.any([this.stopping.signal, givenUp.signal]);
    return await this.runtime.pull(reference, signal, { credentials, progress }).finally(() => timer.cancel());
  }
}

/** Without the credentials themselves, which are kept no longer than they have to be. */
function keyOf({ reference, credentials }: PullRequest): string {
  return `${reference} ${createHash('sha256').update(JSON.stringify(credentials)).digest('base64')}`;
}
