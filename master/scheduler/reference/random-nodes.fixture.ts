import fc from 'fast-check';
import type { Namespace } from '../../../api/core/namespace.ts';
import type { Node } from '../../../api/core/node.ts';

/** Random machines and namespaces with few words, so that what pods say of them often matters. */

export const HOSTNAME = 'kubernetes.io/hostname';
export const ZONE = 'topology.kubernetes.io/zone';
export const RACK = 'example.com/rack';
/** Two machines each, as a rule: so many domains in a large cell that they are looked at otherwise than zones. */
export const PAIR = 'example.com/pair';
export const GPU = 'example.com/gpu';
export const NAMESPACES = ['one', 'two', 'three'] as const;
export const IMAGES = [
  'app',
  'docker.io/library/app:latest',
  'db:14',
  'registry.example.com/ml/model:2',
  'tiny',
] as const;

/** Without keys that have no value, as objects from the API are. */
export const clean = <T>(value: T): T => JSON.parse(JSON.stringify(value));

export const seldom = <T>(arbitrary: fc.Arbitrary<T>, oneIn = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
export const mostly = <T>(arbitrary: fc.Arbitrary<T>, outOf = 8): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: outOf - 1, arbitrary }, { weight: 1, arbitrary: fc.constant(undefined) });

/** What a history makes use of. With all of it at once hardly a pod would find a place; so each history has some, and those often. */
export const FEATURES = [
  'requests',
  'ports',
  'initContainers',
  'nodeAffinity',
  'podAffinity',
  'podAntiAffinity',
  'spread',
  'taints',
  'images',
  'owners',
  'volumes',
  'namespaces',
  'schedulers',
] as const;
export type Features = ReadonlySet<(typeof FEATURES)[number]>;
export const features: fc.Arbitrary<Features> = fc
  .subarray([...FEATURES], { minLength: 1 })
  .map((some) => new Set(some));

/** One in so many has the feature, if the history does. */
export const often = <T>(isOn: boolean, arbitrary: fc.Arbitrary<T>, oneIn = 2): fc.Arbitrary<T | undefined> =>
  isOn ? seldom(arbitrary, oneIn) : fc.constant(undefined);

const taint = fc.record({
  key: fc.constantFrom('dedicated', 'broken'),
  value: seldom(fc.constantFrom('a', 'b'), 2),
  effect: fc.constantFrom(
    'NoSchedule' as const,
    'PreferNoSchedule' as const,
    'PreferNoSchedule' as const,
    'NoExecute' as const,
  ),
});

const MB = 1024 * 1024;
const SIZES: Readonly<Record<string, number>> = {
  app: 300 * MB,
  'docker.io/library/app:latest': 300 * MB,
  'db:14': 80 * MB,
  'registry.example.com/ml/model:2': 5000 * MB,
  tiny: 2 * MB,
};
const images = fc
  .uniqueArray(fc.constantFrom(...IMAGES), {
    maxLength: 3,
    selector: (name) => (name === IMAGES[0] ? IMAGES[1] : name),
  })
  .map((names) => names.map((name) => ({ names: [name], sizeBytes: SIZES[name] })));

export const nodeName = (index: number): string => `node-${index}`;
const numberOf = (name: string): number => Number(name.replace('node-', ''));

/** A machine with this name. */
export const nodeNamed = (name: string, on: Features): fc.Arbitrary<Node> =>
  fc
    .record({
      // That two machines have one name should not be, and can.
      hostname: mostly(fc.constantFrom(name, name, name, name, 'twin')),
      pair: mostly(fc.constant(String(Math.floor(numberOf(name) / 2)))),
      zone: mostly(fc.constantFrom('a', 'b', 'c'), 6),
      rack: seldom(fc.constantFrom('1', '2'), 2),
      disk: seldom(fc.constantFrom('ssd', 'hdd'), 2),
      size: seldom(fc.constantFrom('1', '5', '10'), 2),
      unschedulable: often(on.has('taints'), fc.constant(true), 8),
      taints: often(on.has('taints'), fc.array(taint, { minLength: 1, maxLength: 2 })),
      cpu: fc.constantFrom('1', '2', '3500m', '8'),
      memory: fc.constantFrom('1Gi', '1500M', '4Gi'),
      pods: fc.constantFrom('1', '4', '10', '110', '110'),
      gpu: seldom(fc.constantFrom('0', '1', '4'), 2),
      images: often(on.has('images'), images),
    })
    .map(({ hostname, pair, zone, rack, disk, size, unschedulable, taints, cpu, memory, pods, gpu, images: present }) =>
      clean({
        apiVersion: 'v1' as const,
        kind: 'Node' as const,
        metadata: {
          name,
          labels: { [HOSTNAME]: hostname, [PAIR]: pair, [ZONE]: zone, [RACK]: rack, disk, size } as Record<
            string,
            string
          >,
        },
        spec: { unschedulable, taints },
        status: { allocatable: { cpu, memory, pods, [GPU]: gpu } as Record<string, string>, images: present },
      }),
    );

export const namespaceNamed = (name: string): fc.Arbitrary<Namespace> =>
  fc.record({ team: seldom(fc.constantFrom('red', 'blue'), 2), env: seldom(fc.constant('prod'), 2) }).map((labels) =>
    clean({
      apiVersion: 'v1' as const,
      kind: 'Namespace' as const,
      metadata: { name, labels: labels as Record<string, string> },
    }),
  );
