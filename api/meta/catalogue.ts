import { apiVersionOf, type ResourceDefinition, storageOf } from './definition.ts';

/**
 * The resources an API serves at this moment. Definitions are values: a resource that changes is another definition, and whoever
 * keeps one asks again after a change.
 */
export interface Catalogue {
  /** In the order of discovery: by group, the core group first; of a group, the preferred version first. */
  readonly resources: readonly ResourceDefinition[];
  /** The resource under `/api/VERSION/PLURAL` (empty group) or `/apis/GROUP/VERSION/PLURAL`. */
  at(group: string, version: string, plural: string): ResourceDefinition | undefined;
  /** The resource of a manifest's `apiVersion` and `kind`. */
  ofKind(apiVersion: string, kind: string): ResourceDefinition | undefined;
  /** Resolves once changes that are under way have happened. Absent where nothing ever changes. */
  settle?(): Promise<void>;
  /** Calls back after every change. Returns the function that ends it. */
  onChange(callback: () => void): () => void;
}

/** A catalogue that never changes. */
export function fixedCatalogue(resources: readonly ResourceDefinition[]): Catalogue {
  const byPath = new Map(resources.map((resource) => [`${apiVersionOf(resource)}/${resource.plural}`, resource]));
  const byKind = new Map(resources.map((resource) => [`${apiVersionOf(resource)}/${resource.kind}`, resource]));
  return {
    resources,
    at: (group, version, plural) => byPath.get(`${group ? `${group}/` : ''}${version}/${plural}`),
    ofKind: (apiVersion, kind) => byKind.get(`${apiVersion}/${kind}`),
    onChange: () => () => {},
  };
}

/** The definitions whose form objects are kept in, each once: what a cache holds, and a collector of garbage walks through. */
export const keptResources = (resources: readonly ResourceDefinition[]): ResourceDefinition[] => [
  ...new Set(resources.map(storageOf).filter((resource) => resource !== undefined)),
];
