import type { Constraint } from './constraint.ts';
import { crashAvoidance } from './crash-avoidance.ts';
import { existingAntiAffinity } from './existing-anti-affinity.ts';
import { hostPorts } from './host-ports.ts';
import { images } from './images.ts';
import { nodeAffinity } from './node-affinity.ts';
import { packages } from './packages.ts';
import { podAffinity } from './pod-affinity.ts';
import { podAntiAffinity } from './pod-anti-affinity.ts';
import { podPreferences } from './pod-preferences.ts';
import { resourceFit } from './resource-fit.ts';
import { taints } from './taints.ts';
import { topologySpread } from './topology-spread.ts';
import { unschedulable } from './unschedulable.ts';
import { volumes } from './volumes.ts';

/** All constraints, cheap and final ones first: a refused node is explained by the first that refuses it. */
export const constraints: readonly Constraint[] = [
  unschedulable,
  nodeAffinity,
  taints,
  resourceFit,
  hostPorts,
  volumes,
  podAffinity,
  podAntiAffinity,
  existingAntiAffinity,
  topologySpread,
  podPreferences,
  images,
  packages,
  crashAvoidance,
];
