import type { Node } from '../../api/core/node.ts';

type ImageList = NonNullable<NonNullable<Node['status']>['images']>;

const MEGABYTE = 1024 * 1024;
/** Smaller images are fetched so fast that they are not counted (Kubernetes' ImageLocality: 23 MB). */
export const SMALLEST_BYTES = 23 * MEGABYTE;
/** So much on the node, for each container, is worth all points (Kubernetes' ImageLocality: 1000 MB). */
const LARGEST_BYTES = 1000 * MEGABYTE;

/** 0 to 100: how much of what a pod with `count` images must have is on a node already, given in bytes. */
export function localityPoints(bytes: number, count: number): number {
  const share = (bytes - SMALLEST_BYTES) / (LARGEST_BYTES * count - SMALLEST_BYTES);
  return 100 * Math.min(1, Math.max(0, share));
}

interface NodeImages {
  readonly list: ImageList;
  /** Bytes by full name, only of images that count. */
  readonly bytes: ReadonlyMap<string, number>;
}

const NO_IMAGES: ImageList = [];

/**
 * Which machines have which images.
 *
 * Owns: per slot, the sizes of the images on it that are large enough to count, and how many nodes have each.
 */
export class ImageBook {
  readonly #nodes = new Map<number, NodeImages>();
  readonly #holders = new Map<string, number>();
  #version = 0;

  /** Changes whenever some image becomes relevant or ceases to be. */
  get version(): number {
    return this.#version;
  }

  /** Whether some node has the image, and it is large enough to count. Takes a full name. */
  isRelevant(name: string): boolean {
    return this.#holders.has(name);
  }

  /** Of the images, those that are relevant, by their full names in order. */
  relevant(images: readonly string[]): string[] {
    if (this.#holders.size === 0) return [];
    return images
      .map(fullImageName)
      .filter((name) => this.#holders.has(name))
      .sort();
  }

  /** Bytes of an image on a node; 0 when it is not there, or not large enough to count. */
  bytesOn(slot: number, name: string): number {
    return this.#nodes.get(slot)?.bytes.get(name) ?? 0;
  }

  /** Returns whether the node's images have changed. */
  setNode(slot: number, node: Node): boolean {
    const list = node.status?.images ?? NO_IMAGES;
    const known = this.#nodes.get(slot);
    if (sameImages(known?.list ?? NO_IMAGES, list)) return false;
    const bytes = bytesOf(list);
    for (const name of bytes.keys()) this.#hold(name);
    this.#release(known);
    this.#nodes.set(slot, { list, bytes });
    return true;
  }

  removeNode(slot: number): void {
    this.#release(this.#nodes.get(slot));
    this.#nodes.delete(slot);
  }

  #hold(name: string): void {
    const nodes = this.#holders.get(name) ?? 0;
    this.#holders.set(name, nodes + 1);
    if (nodes === 0) this.#version++;
  }

  #release(images: NodeImages | undefined): void {
    for (const name of images?.bytes.keys() ?? []) {
      const nodes = this.#holders.get(name)!;
      if (nodes > 1) this.#holders.set(name, nodes - 1);
      else {
        this.#holders.delete(name);
        this.#version++;
      }
    }
  }
}

function bytesOf(list: ImageList): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const { names, sizeBytes = 0 } of list) {
    if (sizeBytes <= SMALLEST_BYTES) continue;
    for (const name of names ?? []) bytes.set(fullImageName(name), sizeBytes);
  }
  return bytes;
}

/** A node tells of its images with every heartbeat; they hardly ever change. */
function sameImages(a: ImageList, b: ImageList): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((image, i) => sameImage(image, b[i]!));
}

function sameImage(a: ImageList[number], b: ImageList[number]): boolean {
  const left = a.names ?? [];
  const right = b.names ?? [];
  return a.sizeBytes === b.sizeBytes && left.length === right.length && left.every((name, i) => name === right[i]);
}

/**
 * The name in full, as Docker completes it: registry `docker.io`, `library/` for a name without a path there, tag `latest` unless
 * there is a tag or a digest. A digest says it all: a tag beside it is dropped.
 */
export function fullImageName(image: string): string {
  const at = image.indexOf('@');
  const tagged = at < 0 ? image : image.slice(0, at);
  const colon = tagged.lastIndexOf(':');
  const hasTag = colon > tagged.lastIndexOf('/');
  const path = hasTag ? tagged.slice(0, colon) : tagged;
  const suffix = at >= 0 ? image.slice(at) : hasTag ? tagged.slice(colon) : ':latest';
  return repositoryOf(path) + suffix;
}

function repositoryOf(path: string): string {
  const slash = path.indexOf('/');
  const host = slash < 0 ? '' : path.slice(0, slash);
  const namesRegistry = host.includes('.') || host.includes(':') || host === 'localhost';
  if (namesRegistry && host !== 'docker.io' && host !== 'index.docker.io') return path;
  const rest = namesRegistry ? path.slice(slash + 1) : path;
  return `docker.io/${rest.includes('/') ? '' : 'library/'}${rest}`;
}
