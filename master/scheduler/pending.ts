import type { Pod } from '../../api/core/pod.ts';
import type { Gang } from './gang.ts';
import type { Entry, Prospect } from './queue.ts';
import type { Shape } from './shape.ts';
import type { Template } from './templates.ts';
import type { World } from './world.ts';

/** A pod that waits for a node. */
export interface PendingPod extends Entry {
  readonly kind: 'pod';
  readonly pod: Pod;
  readonly template: Template;
  /** The only nodes it may go to, by name. */
  readonly pins: readonly string[] | undefined;
  readonly shape: Shape;
  readonly shapeKey: string;
}

/** A gang whose pods wait for their nodes together. */
export interface PendingGang extends Entry {
  readonly kind: 'gang';
  readonly gang: Gang;
}

export type Pending = PendingPod | PendingGang;

/** The best slot for the pod, or -1. */
export function bestSlot({ shape, pins }: PendingPod, { cell }: World): number {
  if (!pins) return shape.best();
  return shape.bestAmong(pins.flatMap((name) => cell.slotOf(name) ?? []));
}

/**
 * When a pod that was refused is worth another try, with the others of its kind. `isStale` says whether it would have another
 * shape by now: what its volumes are changes without any node changing.
 */
export function prospectOf(pending: PendingPod, world: World, isStale: () => boolean): Prospect {
  const { shape, shapeKey, pins, priority, namespace, template } = pending;
  const { isSociable } = shape;
  const hasVolumes = template.footprint.volumes !== undefined;
  return {
    key: `${priority} ${namespace} ${hasVolumes ? pending.uid : ''} ${pins?.join(',') ?? ''}\n${shapeKey}`,
    isSociable,
    // What happens elsewhere can help where domains bear on the pod.
    pin: pins?.length === 1 && !isSociable && !hasVolumes ? pins[0] : undefined,
    isPossible: () => (hasVolumes && isStale()) || bestSlot(pending, world) >= 0,
  };
}

/**
 * When a gang for which there was no room is worth another try: when there may be for the pod that was stuck. `missing` is how many
 * had to be placed together. Gangs of equal size whose pods are all alike are in the same position.
 */
export function prospectOfGang(
  { uid, namespace, priority }: PendingGang,
  members: readonly PendingPod[],
  missing: number,
  stuck: Prospect,
  notBeforeMs: number,
): Prospect {
  const isSociable = members.some(({ shape }) => shape.isSociable);
  const isUniform = members.every((member) => isPlain(member) && member.shapeKey === members[0]!.shapeKey);
  return {
    key: `${isUniform ? stuck.key : `${priority} ${namespace} ${uid}`}\ngang of ${missing}`,
    isSociable,
    notBeforeMs,
    // The stuck pod alone does not decide where others could take its part, or where it needs others of the gang.
    isPossible: isSociable || (!isUniform && members.length > missing) ? () => true : () => stuck.isPossible(),
  };
}

const isPlain = ({ pins, template }: PendingPod): boolean => !pins && template.footprint.volumes === undefined;
