import { constraints } from './constraints/constraints.ts';
import { Shape, shapeKey } from './shape.ts';
import type { Template } from './templates.ts';
import type { World } from './world.ts';

/** Bytes that shapes may take together, as they weigh themselves. */
const MAX_BYTES = 384 * 2 ** 20;
/** Shapes that are kept whatever they weigh. */
const MIN_SHAPES = 16;

interface Known {
  readonly shape: Shape;
  /** Pending pods that have it. */
  users: number;
}

/**
 * The shapes of all pending pods, and of others seen lately.
 *
 * Owns: shapes by key, the one unused longest first. A shape with users is never let go.
 */
export class Shapes {
  readonly #world: World;
  readonly #known = new Map<string, Known>();
  readonly #keys = new WeakMap<Template, { readonly key: string; readonly at: number }>();

  constructor(world: World) {
    this.#world = world;
  }

  keyOf(template: Template): string {
    const at = this.#world.bearingVersion;
    const known = this.#keys.get(template);
    if (known?.at === at) return known.key;
    const key = shapeKey(template.facts, this.#world, constraints);
    // Reading the pod may itself have made a term known.
    this.#keys.set(template, { key, at: this.#world.bearingVersion });
    return key;
  }

  /** Every `use` wants a `leave`. */
  use(key: string, template: Template): Shape {
    let known = this.#known.get(key);
    if (!known) {
      known = { shape: new Shape(template.facts, this.#world, constraints), users: 0 };
      this.#known.set(key, known);
    }
    known.users++;
    return known.shape;
  }

  leave(key: string): void {
    const known = this.#known.get(key);
    if (!known) return;
    known.users--;
    if (known.users > 0) return;
    // The last to have been in use is the last to be forgotten.
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > this.#limit(known.shape)) this.#forgetUnused();
  }

  #limit({ weight }: Shape): number {
    return Math.max(MIN_SHAPES, MAX_BYTES / (weight * Math.max(64, this.#world.cell.slotCount)));
  }

  #forgetUnused(): void {
    for (const [key, { shape, users }] of this.#known) {
      if (users > 0) continue;
      this.#known.delete(key);
      shape.release();
      return;
    }
  }
}
