import { type CollectionPolicy, DEFAULT_POLICY } from './collection.ts';

/** How the agent looks after the images of its machine. */
export interface ImageOptions {
  readonly policy: CollectionPolicy;
  /** Most pulls that run at once. */
  readonly pullsAtOnce: number;
}

/** Kubernetes pulls one image after the other unless told otherwise; a few at once bring many pods up sooner. */
export const DEFAULT_IMAGE_OPTIONS: ImageOptions = { policy: DEFAULT_POLICY, pullsAtOnce: 3 };
