import fc from 'fast-check';
import type { Namespace } from '../../../api/core/namespace.ts';
import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { CSINode } from '../../../api/storage/csi-node.ts';
import {
  type Features,
  features,
  mostly,
  NAMESPACES,
  namespaceNamed,
  nodeName,
  nodeNamed,
} from './random-nodes.fixture.ts';
import { type PodTemplate, podLabels, podTemplates } from './random-pods.fixture.ts';
import { csiNode, freeVolume, freshClaim, NO_STORAGE, type Storage, storage } from './random-volumes.fixture.ts';

/**
 * Random histories of a cell. A step names what it is about by a number, which is taken modulo what there is, so that every
 * shorter history makes sense too.
 */

export type Step =
  | { readonly type: 'create'; readonly template: number }
  | { readonly type: 'decide' }
  /** The bind of one pod is heard of, or has failed. */
  | { readonly type: 'confirm'; readonly at: number }
  | { readonly type: 'fail'; readonly at: number }
  /** A pod is deleted at once; begins to leave; has ended. */
  | { readonly type: 'delete'; readonly at: number }
  | { readonly type: 'leave'; readonly at: number }
  | { readonly type: 'finish'; readonly at: number }
  | { readonly type: 'ungate'; readonly at: number }
  | { readonly type: 'relabel'; readonly at: number; readonly labels: Record<string, string> }
  /** Somebody else puts a pod on a node, known or not. */
  | { readonly type: 'intrude'; readonly template: number; readonly node: number }
  | { readonly type: 'setNode'; readonly node: Node }
  | { readonly type: 'removeNode'; readonly at: number }
  | { readonly type: 'setNamespace'; readonly namespace: Namespace }
  | { readonly type: 'removeNamespace'; readonly name: string }
  | { readonly type: 'addVolume'; readonly volume: PersistentVolume }
  | { readonly type: 'addClaim'; readonly claim: PersistentVolumeClaim }
  | { readonly type: 'setCsiNode'; readonly csiNode: CSINode }
  | { readonly type: 'wait'; readonly seconds: number }
  /** All that can be decided is. */
  | { readonly type: 'settle' };

export type StepOf<T extends Step['type']> = Extract<Step, { readonly type: T }>;

export interface History {
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly templates: readonly PodTemplate[];
  readonly storage: Storage;
  readonly steps: readonly Step[];
}

export interface HistoryBounds {
  readonly nodes: number;
  readonly templates: number;
  readonly steps: number;
  /** Whether there are at least half as many of each; default no. */
  readonly isLarge?: boolean;
}

const at = fc.nat(50);
const kind = <T extends string>(type: T) => fc.constant(type);

const stepsOfStorage = (nodes: number): { weight: number; arbitrary: fc.Arbitrary<Step> }[] => [
  { weight: 2, arbitrary: fc.record({ type: kind('addVolume'), volume: freeVolume }) },
  { weight: 2, arbitrary: fc.record({ type: kind('addClaim'), claim: freshClaim }) },
  { weight: 1, arbitrary: fc.record({ type: kind('setCsiNode'), csiNode: csiNode(nodes) }) },
];

const stepsOf = (nodes: number, on: Features): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ type: kind('create'), template: at }) },
    { weight: 12, arbitrary: fc.record({ type: kind('decide') }) },
    { weight: 6, arbitrary: fc.record({ type: kind('confirm'), at }) },
    { weight: 1, arbitrary: fc.record({ type: kind('fail'), at }) },
    { weight: 2, arbitrary: fc.record({ type: kind('delete'), at }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('leave' as const, 'finish', 'ungate'), at }) },
    { weight: 1, arbitrary: fc.record({ type: kind('relabel'), at, labels: podLabels }) },
    { weight: 1, arbitrary: fc.record({ type: kind('intrude'), template: at, node: fc.nat(nodes) }) },
    {
      weight: 3,
      arbitrary: fc
        .nat(nodes - 1)
        .chain((index) => fc.record({ type: kind('setNode'), node: nodeNamed(nodeName(index), on) })),
    },
    { weight: 1, arbitrary: fc.record({ type: kind('removeNode'), at }) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...NAMESPACES)
        .chain((name) => fc.record({ type: kind('setNamespace'), namespace: namespaceNamed(name) })),
    },
    { weight: 1, arbitrary: fc.record({ type: kind('removeNamespace'), name: fc.constantFrom(...NAMESPACES) }) },
    { weight: 1, arbitrary: fc.record({ type: kind('wait'), seconds: fc.constantFrom(1, 5, 11) }) },
    { weight: 2, arbitrary: fc.record({ type: kind('settle') }) },
    ...(on.has('volumes') ? stepsOfStorage(nodes) : []),
  );

/** A priority for all pods, so that none is pushed out; of the batch band or of production, which spreads replicas. */
const priority = fc.constantFrom(0, 10_000_000);

export const history = ({ nodes, templates, steps, isLarge }: HistoryBounds): fc.Arbitrary<History> =>
  fc.tuple(priority, features).chain(([of, on]) =>
    fc.record({
      namespaces: fc
        .tuple(...NAMESPACES.map((name) => mostly(namespaceNamed(name))))
        .map((all) => all.filter((one) => one !== undefined)),
      nodes: fc
        .integer({ min: isLarge ? Math.ceil(nodes / 2) : 1, max: nodes })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => nodeNamed(nodeName(index), on)))),
      templates: podTemplates(of, on, { minLength: isLarge ? Math.ceil(templates / 2) : 1, maxLength: templates }),
      storage: on.has('volumes') ? storage(nodes) : fc.constant(NO_STORAGE),
      steps: fc.array(stepsOf(nodes, on), {
        minLength: isLarge ? Math.ceil(steps / 2) : 0,
        maxLength: steps,
        size: 'max',
      }),
    }),
  );
