import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { Model } from './model.ts';
import { node, pod } from './objects.ts';
import { podOfShape } from './sizes.ts';
import { boundPod, storedNode, storedPod } from './stored.ts';

export interface Footprint {
  /** All nodes and pods, as a watch cache holds them, with nothing else. */
  readonly objectsMegabytes: number;
  /** With the model of them, after a decision. */
  readonly residentMegabytes: number;
  readonly heapMegabytes: number;
  /** Length of a pod's JSON. */
  readonly podBytes: number;
  /** From the objects to the first decision. */
  readonly restartSeconds: number;
}

export interface Size {
  readonly nodes: number;
  readonly pods: number;
  readonly shapes: number;
}

/** The cell of {@link Size}, full of pods that have been placed before: its memory, and how soon a scheduler that starts there decides. */
export function footprint({ nodes, pods, shapes }: Size): Footprint {
  const cell: Node[] = [];
  const placed: Pod[] = [];
  for (let i = 0; i < nodes; i++) cell.push(storedNode(node({ name: `node-${i}`, zone: `zone${1 + (i % 3)}` })));
  for (let i = 0; i < pods; i++) placed.push(placedPod(i, nodes, shapes));
  const objectsMegabytes = residentAfterGc();
  const startMs = performance.now();
  const model = new Model();
  for (const each of cell) model.setNode(each);
  for (const each of placed) model.setPod(each);
  model.setPod(storedPod(pod({ namespace: 'default', name: 'first-after-restart' })));
  const [decision] = model.decide(0, 1);
  const restartSeconds = (performance.now() - startMs) / 1000;
  if (decision?.type !== 'bind') throw new Error(`the first pod was not placed: ${JSON.stringify(decision)}`);
  for (let i = 0; i < shapes; i++) model.setPod(storedPod(podOfShape(i, `shape-${i}`)));
  if (model.decide(0, shapes).length !== shapes) throw new Error('not every shape found a node');
  const residentMegabytes = residentAfterGc();
  const heapMegabytes = process.memoryUsage().heapUsed / 1e6;
  const podBytes = JSON.stringify(placed[0]).length;
  return { objectsMegabytes, residentMegabytes, heapMegabytes, podBytes, restartSeconds };
}

/** Round the nodes in turn, so that none gets more than it has. */
export function placedPod(index: number, nodes: number, shapes: number): Pod {
  return boundPod(storedPod(richPod(index, index % shapes)), `node-${index % nodes}`);
}

/** As long as what a chart makes, about 2 kB in all. */
export function richPod(index: number, shape: number): Pod {
  const made = podOfShape(shape, `service-${shape}-${index.toString(36).padStart(10, '0')}`);
  made.metadata!.labels = {
    'app.kubernetes.io/name': `service-${shape}`,
    'app.kubernetes.io/instance': `service-${shape}-blue`,
    'app.kubernetes.io/managed-by': 'Helm',
    'pod-template-hash': (7_919 * shape).toString(36),
  };
  made.metadata!.annotations = {
    'prometheus.io/scrape': 'true',
    'checksum/config': String(shape).repeat(64).slice(0, 64),
  };
  made.metadata!.ownerReferences = [
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: `service-${shape}`,
      uid: `${shape}`.padStart(36, '0'),
      controller: true,
    },
  ];
  const [container] = made.spec!.containers;
  container!.env = Array.from({ length: 6 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-${i}-of-${shape}` }));
  container!.readinessProbe = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 };
  return made;
}

function residentAfterGc(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss / 1e6;
}
