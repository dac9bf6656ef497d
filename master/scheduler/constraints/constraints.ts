import type { Constraint } from './constraint.ts';
import { nodeSelector } from './node-selector.ts';
import { resourceFit } from './resource-fit.ts';
import { taints } from './taints.ts';
import { unschedulable } from './unschedulable.ts';

/** All constraints, cheap and final ones first: a refused node is explained by the first that refuses it. */
export const constraints: readonly Constraint[] = [unschedulable, nodeSelector, taints, resourceFit];
