import { expect } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { podRequests } from '../../../api/core/pod-resources.ts';
import type { Decision } from '../decision.ts';
import { allocatableOf, feasibleNodes, referenceFeasible, requestOf } from './feasible.fixture.ts';
import { referenceScores } from './scores.fixture.ts';
import { nameOf, podsOn, type ReferenceWorld } from './world.fixture.ts';

/** Of the score; and one step of the points for fit, since what lies between two steps may fall to either side. */
const TOLERANCE = 1e-6;
const FIT_STEP = 1 / 1024;

/** What is bound goes to the best of the nodes that take it, and what is explained has none. The pod is not in `world` yet. */
export function expectSameAsReference(world: ReferenceWorld, decision: Decision): void {
  switch (decision.type) {
    case 'bind':
      expectFeasible(world, decision.pod, decision.nodeName);
      expectBest(world, decision.pod, decision.nodeName);
      break;
    case 'explain': {
      const open = feasibleNodes(world, decision.pod).map(nameOf);
      expect(open, `where ${nameOf(decision.pod)} could go, of which is said: ${decision.message}`).toEqual([]);
      break;
    }
    default:
      expect.fail(`the reference knows no decision to ${decision.type}`);
  }
}

function expectFeasible(world: ReferenceWorld, pod: Pod, nodeName: string): void {
  const verdict = referenceFeasible(world, pod).find(({ node }) => nameOf(node) === nodeName);
  expect(verdict?.refusals, `why ${nodeName} takes no ${nameOf(pod)}`).toEqual([]);
}

function expectBest(world: ReferenceWorld, pod: Pod, nodeName: string): void {
  const scores = referenceScores(world, pod);
  const most = Math.max(...scores.values());
  const told = `${nameOf(pod)} to ${nodeName}, of ${JSON.stringify([...scores])}: points short of the best`;
  expect(most - scores.get(nodeName)!, told).toBeLessThanOrEqual(FIT_STEP + TOLERANCE * Math.abs(most));
}

/** Whatever the reference says: of nothing that the pod asked for is more promised than there is. */
export function expectRoom(world: ReferenceWorld, pod: Pod, nodeName: string): void {
  const node = world.nodes.find((candidate) => nameOf(candidate) === nodeName)!;
  const there = podsOn(world, node);
  expect(there.length, `pods on ${nodeName}`).toBeLessThanOrEqual(allocatableOf(node, 'pods'));
  for (const resource of Object.keys(podRequests(pod))) {
    if (requestOf(pod, resource) === 0) continue;
    const promised = there.reduce((sum, other) => sum + requestOf(other, resource), 0);
    expect(promised, `${resource} promised on ${nodeName}`).toBeLessThanOrEqual(allocatableOf(node, resource));
  }
}
