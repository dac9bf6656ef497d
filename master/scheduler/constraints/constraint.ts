import type { Node } from '../../../api/core/node.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { DomainRule } from '../domain-rules.ts';
import type { Footprint } from '../footprint.ts';
import type { World } from '../world.ts';

/** What bears on where a pod is placed. */
export interface PodFacts {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  /** Uid of the controller that made it. */
  readonly ownerUid?: string;
  /** Kind of that controller. */
  readonly ownerKind?: string;
  /** What the pod will take up, and which terms of others mean it. */
  readonly footprint: Footprint;
  /** By which policy nodes are scored, and whether replicas are kept apart where the pod does not say (its profile and band). */
  readonly scoring: 'Pack' | 'Spread' | 'Balanced';
  readonly spreadsReplicas: boolean;
}

/**
 * One way in which the cell bears on where a pod may go, or had better go. A constraint is compiled once for a shape (a class
 * of pods that place alike) and then asked about nodes. One file each; what must be known of the whole cell lives in `World`,
 * which is told of every change before a constraint is asked again.
 */
export interface Constraint {
  readonly name: string;
  /**
   * The part of the pod that bears on this constraint, as text; nothing when it has no say. Pods whose parts are all equal share
   * a shape, so it must hold everything that `compile` reads of the pod.
   */
  bearing(pod: PodFacts, world: World): string | undefined;
  /** Nothing when no node is refused, preferred or avoided on this account. */
  compile(pod: PodFacts, world: World): Compiled | undefined;
}

/** All parts may be absent. Slots are those of the cell; a slot asked about holds a node. */
export interface Compiled {
  /** Depends on the node object alone: asked again only when that changes. */
  readonly node?: NodeTest;
  /** Depends on what is on the node: asked again whenever that changes. Pure reads of the cell's columns, a few nanoseconds. */
  readonly use?: UseTest;
  /**
   * Points for the node by itself (docs/SCHEDULING.md, weight included). Depends on the node object alone; kept until that changes.
   */
  readonly worth?: (node: Node, slot: number) => number;
  /** What depends on the pods in the node's domains. */
  readonly domains?: readonly DomainRule[];
  /** The shape is gone: let go of what `compile` registered. */
  release?(): void;
}

export interface NodeTest {
  admits(node: Node, slot: number): boolean;
  /** Why not, in Kubernetes' words, as counted in "why pending": `node(s) had untolerated taint {key: value}`. */
  refusal(node: Node, slot: number): string;
}

export interface UseTest {
  /** Whether it asks for resources, and for nothing else. */
  readonly isOfRoom?: boolean;
  admits(slot: number): boolean;
  /** One reason for each thing that is short; not empty when `admits` is false. */
  refusals(slot: number): string[];
}
