import { apiVersionOf, defineResource } from './definition.ts';
import { metadata, type ObjectMeta, typeMeta } from './object.ts';
import {
  anyJson,
  boolean,
  bytesMap,
  double,
  int32,
  intOrString,
  list,
  microTime,
  oneOf,
  optional,
  patchStrategy,
  quantityMap,
  type Static,
  string,
  stringMap,
  struct,
  time,
} from './schema.ts';
import { LabelSelectorSchema } from './selector.ts';

/** A made-up kind with every sort of field, for the tests of this room. */

const PortSchema = struct('io.k8s.api.core.v1.CratePort', 'A port.', {
  containerPort: int32('Port number.'),
  protocol: optional(oneOf('Protocol.', ['TCP', 'UDP'])),
  name: optional(string('Port name.')),
});
const PartSchema = struct('io.k8s.api.core.v1.CratePart', 'A part.', {
  name: string('Name.'),
  image: optional(string('Image.')),
  args: optional(list(string('Argument.'), 'Arguments.')),
  ports: optional(
    list(PortSchema, 'Ports.', { type: 'map', keys: ['containerPort', 'protocol'], mergeKey: 'containerPort' }),
  ),
  limits: optional(quantityMap('Limits.')),
});
const StrategySchema = struct('io.k8s.api.core.v1.CrateStrategy', 'How to replace.', {
  type: optional(string('Type.')),
  rolling: optional(stringMap('Rolling options.')),
});
export const CrateSpecSchema = struct('io.k8s.api.core.v1.CrateSpec', 'What is wanted.', {
  replicas: optional(int32('How many.')),
  paused: optional(boolean('Whether it is paused.')),
  weight: optional(double('Weight.')),
  mode: optional(oneOf('Mode.', ['Open', 'Closed'])),
  limit: optional(intOrString('Number or percentage.')),
  selector: optional(LabelSelectorSchema),
  parts: optional(list(PartSchema, 'Parts.', { type: 'map', keys: ['name'], mergeKey: 'name' })),
  tags: optional(list(string('Tag.'), 'Tags.', { type: 'set', patchStrategy: 'merge' })),
  strategy: optional(patchStrategy(StrategySchema, 'retainKeys')),
  since: optional(time('Start.')),
  seen: optional(microTime('Last seen.')),
  secrets: optional(bytesMap('Secrets.')),
  extra: optional(anyJson('Anything.')),
});
export const CrateSchema = struct('io.k8s.api.core.v1.Crate', 'A crate.', {
  ...typeMeta,
  metadata,
  spec: optional(CrateSpecSchema),
  status: optional(
    struct('io.k8s.api.core.v1.CrateStatus', 'What is.', { replicas: optional(int32('How many there are.')) }),
  ),
});
export type Crate = Static<typeof CrateSchema> & { metadata?: ObjectMeta };

export const crates = defineResource<Crate>({
  group: '',
  version: 'v1',
  kind: 'Crate',
  plural: 'crates',
  singular: 'crate',
  shortNames: ['cr'],
  categories: ['all'],
  namespaced: true,
  schema: CrateSchema,
  hasStatus: true,
  scale: {
    specReplicas: (crate) => crate.spec?.replicas ?? 0,
    statusReplicas: (crate) => crate.status?.replicas ?? 0,
    selector: () => '',
    setReplicas: (crate, replicas) => {
      crate.spec = { ...crate.spec, replicas };
    },
  },
  subresources: { log: ['get'], binding: ['create'] },
  columns: [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'Name.',
      value: (crate) => crate.metadata?.name ?? '',
    },
    { name: 'Wanted', type: 'integer', description: 'How many.', value: (crate) => crate.spec?.replicas ?? 0 },
    { name: 'Mode', type: 'string', description: 'Mode.', priority: 1, value: (crate) => crate.spec?.mode ?? '<none>' },
  ],
  setDefaults: () => {},
  validate: () => [],
});

/** A cluster-wide kind of another group. */
export const docks = defineResource<Crate>({
  ...crates,
  group: 'apps',
  kind: 'Dock',
  plural: 'docks',
  singular: 'dock',
  shortNames: [],
  categories: [],
  namespaced: false,
  hasStatus: false,
  scale: undefined,
  subresources: undefined,
  schema: struct('io.k8s.api.apps.v1.Dock', 'A dock.', { ...typeMeta, metadata, spec: optional(CrateSpecSchema) }),
});

export const crateOf = (name: string, spec: Crate['spec'] = {}): Crate => ({
  apiVersion: apiVersionOf(crates),
  kind: 'Crate',
  metadata: { name, namespace: 'default' },
  spec,
});
