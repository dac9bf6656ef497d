import { customResourceDefinitions } from '../../api/apiextensions/custom-resource-definition.ts';
import type { CustomResourceDefinition } from '../../api/apiextensions/definition-schema.ts';
import { customKind } from '../../api/apiextensions/resource.ts';
import { nodes } from '../../api/core/node.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { resources } from '../../api/registry.ts';
import { created } from '../../api/sample.suite.ts';
import { collectionOf } from './paths.ts';
import type { Shot } from './shot.ts';

/** What has to be there before a script's own object makes sense. */

/** A custom resource with something of everything: types, bounds, defaults, rules, map lists, a status, a scale, two versions. */
const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'barrels.fuzz.example.com' },
  spec: {
    group: 'fuzz.example.com',
    names: { plural: 'barrels', kind: 'Barrel', shortNames: ['bl'], categories: ['all'] },
    scope: 'Namespaced',
    versions: [versionOf('v1', true), versionOf('v1beta1', false)],
  },
};

function versionOf(name: string, storage: boolean): object {
  return {
    ...{ name, served: true, storage, schema: { openAPIV3Schema: SCHEMA() } },
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
    },
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Made', type: 'date', jsonPath: '.spec.made' },
      { name: 'Rings', type: 'string', jsonPath: '.spec.rings[*].name' },
    ],
    selectableFields: [{ jsonPath: '.spec.wood' }],
  };
}

function SCHEMA(): object {
  const ring = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, width: int(0) } };
  const spec = {
    wood: { type: 'string', enum: ['oak', 'ash', ''], default: 'oak' },
    mark: { type: 'string', maxLength: 20, pattern: '^(a+)+$' },
    made: { type: 'string', format: 'date-time' },
    size: { type: 'integer', format: 'int32', minimum: 0, multipleOf: 5 },
    share: { type: 'number', maximum: 1, exclusiveMaximum: true },
    port: { 'x-kubernetes-int-or-string': true },
    open: { type: 'boolean', nullable: true },
    replicas: int(1),
    rings: { type: 'array', items: ring, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set', maxItems: 10 },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    rest: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    inner: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  };
  const rules = [
    { rule: '!has(self.size) || self.size <= 500', message: 'too large', fieldPath: '.size' },
    {
      rule: '!has(self.tags) || self.tags.all(tag, tag.size() < 100)',
      messageExpression: '"long tags: " + string(size(self.tags))',
    },
    { rule: '!has(self.wood) || !has(oldSelf.wood) || self.wood == oldSelf.wood', message: 'wood does not change' },
  ];
  const properties = {
    spec: { type: 'object', properties: spec, 'x-kubernetes-validations': rules },
    status: { type: 'object', properties: { replicas: int(0) } },
  };
  return { type: 'object', properties };
}

function int(value: number): object {
  return { type: 'integer', format: 'int32', default: value };
}

/** Every kind that the attack knows of. */
export const TARGETS: readonly ResourceDefinition[] = [
  ...resources,
  ...customKind(created(customResourceDefinitions, DEFINITION).object as CustomResourceDefinition).served,
];

/** Requests that make what objects of the resource rest on; whether it was there already is all the same. */
export function beforehand(resource: ResourceDefinition): Shot[] {
  if (resource.custom) return [posted(customResourceDefinitions, DEFINITION)];
  if (resource.plural === 'pods' && resource.group === '') return [posted(nodes, { metadata: { name: 'node-1' } })];
  return [];
}

function posted(resource: ResourceDefinition<never>, manifest: object): Shot {
  const about = resource as unknown as ResourceDefinition;
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', path: collectionOf(about), headers, body: Buffer.from(JSON.stringify(manifest)) };
}
