import type { Node } from '../../api/core/node.ts';
import { node, onNodesWith, pod, ZONE } from './objects.ts';
import type { Batch, Workload } from './workload.ts';

/** Cells of other sizes than scheduler_perf's, and pods of more shapes. */

const PODS = 10_000;
const ZONES = ['zone1', 'zone2', 'zone3'];

const nodesOf = (count: number): Batch<Node> => ({
  count,
  make: (index) => node({ name: `node-${index}`, zone: ZONES[index % ZONES.length] }),
});

const quiet = { namespaces: [], groups: [], initial: [], stuck: [], burst: 100 };

/** The same pods on so many nodes. */
export const cellOf = (nodes: number): Workload => ({
  ...quiet,
  name: `basic on ${nodes} nodes`,
  nodes: [nodesOf(nodes)],
  initial: [{ count: 1000, make: (index) => pod({ namespace: 'default', name: `initial-${index}` }) }],
  measured: { count: PODS, make: (index) => pod({ namespace: 'default', name: `pod-${index}` }) },
});

/** Pods that differ in what they ask for and where they may go: `shape` tells which of so many they are of. */
export function podOfShape(shape: number, name: string) {
  const zone = ZONES[shape % (2 * ZONES.length)];
  return pod({
    namespace: 'default',
    name,
    cpu: `${50 + 5 * (shape % 40)}m`,
    memory: `${128 + 16 * Math.floor(shape / 40)}Mi`,
    spec: zone ? { affinity: onNodesWith(ZONE, [zone]) } : {},
  });
}

const SHAPES = 100;

/** 10,000 nodes, and pods of a hundred shapes in turn. */
export const manyShapes = (): Workload => ({
  ...quiet,
  name: 'a hundred shapes on 10,000 nodes',
  nodes: [nodesOf(10_000)],
  initial: [{ count: 2000, make: (index) => podOfShape(index % SHAPES, `initial-${index}`) }],
  measured: { count: 20_000, make: (index) => podOfShape(index % SHAPES, `pod-${index}`) },
});
