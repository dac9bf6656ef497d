import type { Service } from '../../platform/lifecycle.ts';
import type { ContainerRuntime } from '../runtime.ts';
import { type CollectorParts, ImageCollector } from './collector.ts';
import type { ImageOptions } from './image-options.ts';
import { ImagePuller, type Pulled, type PullRequest } from './puller.ts';

export interface ImagesParts extends CollectorParts, ImageOptions {
  readonly runtime: Pick<ContainerRuntime, 'pull' | 'images' | 'removeImage'>;
}

/** The images of this machine: brought here by pulls, taken away by collection. Owns both. */
export class Images implements Service {
  readonly collector: ImageCollector;
  private readonly puller: ImagePuller;

  constructor(parts: ImagesParts) {
    this.collector = new ImageCollector(parts);
    this.puller = new ImagePuller(parts.runtime, parts.pullsAtOnce, parts.clock);
  }

  start(): Promise<void> {
    return this.collector.start();
  }

  async stop(): Promise<void> {
    this.puller.stop();
    await this.collector.stop();
  }

  /** See {@link ImagePuller.pull}. */
  async pull(request: PullRequest): Promise<Pulled> {
    const pulled = await this.puller.pull(request);
    this.collector.pulled(pulled.image);
    return pulled;
  }
}
