import type { StoredImage } from '../runtime.ts';
import type { Disk } from './disk.ts';

/** Kubernetes, "Garbage collection of unused containers and images", "Container image lifecycle". */
export interface CollectionPolicy {
  /** From this share of the disk on, images are removed (100: never)... */
  readonly highPercent: number;
  /** ...until no more than this one is taken. */
  readonly lowPercent: number;
  /** An image that was used more recently stays. */
  readonly minimumAgeMs: number;
}

export const DEFAULT_POLICY: CollectionPolicy = { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000 };

/** How much has to go; 0 while there is room. */
export function bytesToFree({ capacityBytes, availableBytes }: Disk, policy: CollectionPolicy): number {
  const usedPercent = 100 - (100 * availableBytes) / capacityBytes;
  if (capacityBytes <= 0 || usedPercent < policy.highPercent || policy.highPercent >= 100) return 0;
  return Math.max(0, Math.ceil((capacityBytes * (100 - policy.lowPercent)) / 100) - availableBytes);
}

/**
 * Images to remove so that `wantedBytes` become free, in order: the longest unused first. Only such as `uses` (last use by id) knows,
 * which the cell's pods have brought here, and which a registry has: what somebody made or loaded on this machine is not the cell's to
 * throw away. May name less than wanted where there is no more.
 */
export function imagesToRemove(
  images: readonly StoredImage[],
  uses: ReadonlyMap<string, number>,
  wantedBytes: number,
  policy: CollectionPolicy,
  pinned: ReadonlySet<string>,
  nowMs: number,
): StoredImage[] {
  const lastUse = ({ id }: StoredImage) => uses.get(id) ?? Number.POSITIVE_INFINITY;
  const candidates = images
    .filter((image) => !image.inUse && image.digests.length > 0 && !image.tags.some((tag) => pinned.has(tag)))
    .filter((image) => nowMs - lastUse(image) >= policy.minimumAgeMs)
    .sort((a, b) => lastUse(a) - lastUse(b) || b.sizeBytes - a.sizeBytes);
  let left = wantedBytes;
  return candidates.filter(({ sizeBytes }) => {
    const needed = left > 0;
    if (needed) left -= sizeBytes;
    return needed;
  });
}

/** So many images, and names of each, a node tells of. */
const MOST_REPORTED = 50;
const MOST_NAMES = 5;

/** Images as a node's status lists them: the largest. */
export function nodeImages(images: readonly StoredImage[]): { names: string[]; sizeBytes: number }[] {
  return images
    .filter(({ tags, digests }) => tags.length + digests.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_REPORTED)
    .map(({ tags, digests, sizeBytes }) => ({ names: [...digests, ...tags].slice(0, MOST_NAMES), sizeBytes }));
}
