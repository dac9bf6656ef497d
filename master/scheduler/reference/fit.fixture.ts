import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { podRequests } from '../../../api/core/pod-resources.ts';
import { allocatableOf, requestOf } from './feasible.fixture.ts';
import { scoringOf } from './profile.fixture.ts';
import { podsOn, type ReferenceWorld } from './world.fixture.ts';

/** docs/SCHEDULING.md, "Scoring policies". */

/** What a policy looks at, of one resource on one node. */
interface Amounts {
  readonly resource: string;
  readonly allocatable: number;
  readonly used: number;
  readonly demand: number;
}

/** Points 0 to 100 for the node's resources, before the pod is on it. */
export function fitPoints(world: ReferenceWorld, pod: Pod, node: Node): number {
  const all = amountsOf(world, pod, node);
  if (all.some(lacks)) return 0;
  const scoring = scoringOf(world, pod);
  if (scoring === 'Pack') return pack(all);
  if (all.every(({ demand }) => demand === 0)) return freePlaces(world, node);
  return scoring === 'Spread' ? spread(all) : balanced(all);
}

/** All resources that are looked at: cpu, memory and extended ones, of the node and of the pod. */
function amountsOf(world: ReferenceWorld, pod: Pod, node: Node): Amounts[] {
  const names = new Set([...Object.keys(node.status?.allocatable ?? {}), ...Object.keys(podRequests(pod))]);
  return [...names].filter(isConsidered).map((resource) => ({
    resource,
    allocatable: allocatableOf(node, resource),
    used: podsOn(world, node).reduce((sum, other) => sum + requestOf(other, resource), 0),
    demand: requestOf(pod, resource),
  }));
}

/** How much of `balanced` is to be full. */
const FULLNESS = 0.1;

const isBasic = (resource: string): boolean => resource === 'cpu' || resource === 'memory';
const isConsidered = (resource: string): boolean =>
  isBasic(resource) || (resource.includes('/') && !resource.includes('kubernetes.io/'));

/** In steps of 1/1024 point, so that what is equal by formula is equal. */
const points = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * 100 * 1024) / 1024;

/** The pod asks for something of which the node has nothing. */
const lacks = ({ allocatable, demand }: Amounts): boolean => demand > 0 && allocatable <= 0;

/** For pods that ask for nothing that is looked at, where nodes are to be used evenly. */
function freePlaces(world: ReferenceWorld, node: Node): number {
  const places = allocatableOf(node, 'pods');
  return places > 0 ? points(1 - podsOn(world, node).length / places) : 0;
}

function pack(all: readonly Amounts[]): number {
  const looked = all.filter(
    ({ resource, allocatable, demand }) => allocatable > 0 && (isBasic(resource) || demand > 0),
  );
  const shares = looked.map(({ allocatable, used, demand }) => Math.min(1, (used + demand) / allocatable));
  return shares.length === 0 ? 0 : points(mean(shares));
}

function spread(all: readonly Amounts[]): number {
  const costs = all
    .filter(({ demand }) => demand > 0)
    .map(
      ({ allocatable, used, demand }) => (1000 ** ((used + demand) / allocatable) - 1000 ** (used / allocatable)) / 999,
    );
  return points(Math.log(mean(costs)) / Math.log(0.000000001));
}

function balanced(all: readonly Amounts[]): number {
  const asked = all.filter(({ demand }) => demand > 0);
  const present = all.filter(({ allocatable }) => allocatable > 0);
  const free = ({ allocatable, used }: Amounts) => Math.max(0, allocatable - used);
  const copies = Math.min(...asked.map((amounts) => free(amounts) / amounts.demand));
  const left = sum(present.map((amounts) => free(amounts) / amounts.allocatable));
  const usable = left === 0 ? 0 : (copies * sum(asked.map(({ demand, allocatable }) => demand / allocatable))) / left;
  const full = 1 - left / present.length;
  return points((1 - FULLNESS) * usable + FULLNESS * full);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
