import { Limiter } from './limiter.ts';
import type { ContainerRuntime, ImageInfo } from './runtime.ts';

/** Pulls that run at once on this machine. */
const PULLS_AT_ONCE = 3;

/** Fetches images: one pull per image at a time, however many pods wait for it. */
export class ImagePuller {
  private readonly runtime: ContainerRuntime;
  private readonly pulls = new Map<string, Promise<ImageInfo>>();
  private readonly limiter = new Limiter(PULLS_AT_ONCE);
  private readonly stopping = new AbortController();

  constructor(runtime: ContainerRuntime) {
    this.runtime = runtime;
  }

  /** Rejects with the runtime's error; whoever waits decides when to try again. */
  pull(reference: string): Promise<ImageInfo> {
    const under = this.pulls.get(reference);
    if (under) return under;
    const pull = this.limiter
      .run(() => this.runtime.pull(reference, this.stopping.signal))
      .finally(() => this.pulls.delete(reference));
    this.pulls.set(reference, pull);
    return pull;
  }

  stop(): void {
    this.stopping.abort(new Error('the agent is stopping'));
  }
}
