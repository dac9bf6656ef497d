import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { constraints } from '../constraints/constraints.ts';
import { Footprint } from '../footprint.ts';
import type { PendingPod } from '../pending.ts';
import type { Demand } from '../resources.ts';
import { Shape } from '../shape.ts';
import type { Template } from '../templates.ts';
import type { World } from '../world.ts';

/** Reads a pod as if its spec were another. */
export type ReadAs = (pending: PendingPod, spec: PodSpec) => Template;

/** Counts the nodes that would take a pod if it were otherwise, by placing it on the model as it stands. */
export class Trial {
  readonly #pending: PendingPod;
  readonly #world: World;
  readonly #readAs: ReadAs;

  constructor(pending: PendingPod, world: World, readAs: ReadAs) {
    this.#pending = pending;
    this.#world = world;
    this.#readAs = readAs;
  }

  withSpec(spec: PodSpec): number {
    return this.#count(this.#readAs(this.#pending, spec));
  }

  withDemand(demand: Demand): number {
    const { facts } = this.#pending.template;
    const footprint = new Footprint({ ...facts.footprint, demand });
    return this.#count({ facts: { ...facts, footprint }, footprint });
  }

  #count({ facts }: Template): number {
    const shape = new Shape(facts, this.#world, constraints);
    try {
      const { pins } = this.#pending;
      if (!pins) return shape.feasible().length;
      return pins.filter((name) => shape.bestAmong([this.#world.cell.slotOf(name) ?? -1]) >= 0).length;
    } finally {
      shape.release();
    }
  }
}
