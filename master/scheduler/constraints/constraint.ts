import type { Node } from '../../../api/core/node.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { Cell } from '../cell.ts';

/**
 * One reason for which a node may not take a pod. A constraint is compiled once for a shape (a class of pods that place alike)
 * and then asked about nodes.
 */
export interface Constraint {
  readonly name: string;
  /** The part of the spec that bears on this constraint; pods with equal parts share a shape. Must be plain JSON. */
  bearing(spec: PodSpec): unknown;
  /** Nothing when the pod cannot be refused on this account. */
  compile(spec: PodSpec, cell: Cell): CompiledConstraint | undefined;
}

/** Depends on the node object alone: asked again only when that changes. */
export interface NodeConstraint {
  readonly scope: 'node';
  admits(node: Node): boolean;
  /** Why not, in Kubernetes' words, as counted in "why pending": `node(s) had untolerated taint {key: value}`. */
  refusal(node: Node): string;
}

/** Depends on what the node has left: asked again whenever its use changes. */
export interface UseConstraint {
  readonly scope: 'use';
  admits(slot: number): boolean;
  /** One reason for each resource that is short. */
  refusals(slot: number): string[];
}

export type CompiledConstraint = NodeConstraint | UseConstraint;
