import type { ResourceDefinition } from '../meta/definition.ts';
import type { CustomResourceDefinition, CustomResourceNames } from './definition-schema.ts';

/** Which names of a custom resource are free (Kubernetes docs, CustomResourceDefinition `status`, conditions). Pure. */

export interface Conflict {
  readonly reason: string;
  readonly message: string;
}

/** The first name that another resource of the group has; undefined where all can be had. */
export function namesConflict(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  builtIn: readonly ResourceDefinition[],
): Conflict | undefined {
  const { spec } = definition;
  if (!spec) return undefined;
  const { resources, kinds } = takenNames(definition, others, builtIn);
  const { plural, singular = '', shortNames = [], kind, listKind = '' } = spec.names;
  const checks: [string, string, ReadonlySet<string>][] = [
    ['PluralConflict', plural, resources],
    ['SingularConflict', singular, resources],
    ...shortNames.map((name): [string, string, ReadonlySet<string>] => ['ShortNamesConflict', name, resources]),
    ['KindConflict', kind, kinds],
    ['ListKindConflict', listKind, kinds],
  ];
  const found = checks.find(([, name, taken]) => taken.has(name));
  return found && { reason: found[0], message: `"${found[1]}" is already in use` };
}

function takenNames(
  { spec, metadata }: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  builtIn: readonly ResourceDefinition[],
): { resources: ReadonlySet<string>; kinds: ReadonlySet<string> } {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  const take = ({ plural, singular, shortNames = [], kind, listKind }: Partial<CustomResourceNames>) => {
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  };
  for (const other of others) {
    const same = other.metadata?.name === metadata?.name || other.spec?.group !== spec?.group;
    if (!same && other.status?.acceptedNames) take(other.status.acceptedNames);
  }
  const takeFrom = ({ plural, singular, shortNames, kind }: ResourceDefinition) =>
    take({ plural, singular, shortNames: [...shortNames], kind, listKind: `${kind}List` });
  for (const resource of builtIn) {
    if (resource.group === spec?.group) takeFrom(resource);
  }
  return { resources, kinds };
}
