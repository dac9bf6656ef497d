import type { ApiResource } from './discovery.ts';
import { CommandFailure, usageFailure } from './failure.ts';

/** What a command line asks for: every object of a kind, or one by name. */
export interface Target {
  readonly resource: ApiResource;
  readonly name?: string;
}

/**
 * The kinds that a word means: a plural, singular, short name or kind (in any case), `plural.group`, `plural.version.group`, or
 * a category (`all`), which may mean several. Throws when the server has nothing of the name.
 */
export function resolveType(available: readonly ApiResource[], word: string): ApiResource[] {
  const exact = oneKind(available, word.toLowerCase());
  if (exact) return [exact];
  const inCategory = available.filter((resource) => resource.categories.includes(word.toLowerCase()));
  if (inCategory.length > 0) return inCategory;
  throw new CommandFailure(`error: the server doesn't have a resource type "${word}"`);
}

function oneKind(available: readonly ApiResource[], word: string): ApiResource | undefined {
  const called = (resource: ApiResource, name: string) =>
    resource.plural === name || resource.singular === name || resource.kind.toLowerCase() === name;
  // A real name goes before another kind's short name.
  return (
    available.find((resource) => called(resource, word)) ??
    available.find((resource) => resource.shortNames.includes(word)) ??
    available.find((resource) => {
      if (!resource.group) return false;
      const [head, ...rest] = word.split('.');
      const group = rest.join('.');
      const fits = group === resource.group || group === `${resource.version}.${resource.group}`;
      return fits && (called(resource, head ?? '') || resource.shortNames.includes(head ?? ''));
    })
  );
}

/** The kind of a manifest's `apiVersion` and `kind`. */
export function resolveKind(available: readonly ApiResource[], apiVersion: string, kind: string): ApiResource {
  const found = available.find(
    (resource) =>
      resource.kind === kind &&
      apiVersion === (resource.group ? `${resource.group}/${resource.version}` : resource.version),
  );
  if (found) return found;
  throw new CommandFailure(`error: no matches for kind "${kind}" in version "${apiVersion}"`);
}

/** `TYPE[,TYPE...] [NAME...]`, or `TYPE/NAME...`. */
export function parseTargets(available: readonly ApiResource[], words: readonly string[]): Target[] {
  if (words.length === 0) {
    throw usageFailure('error: say which resource: a type such as `pods`, or TYPE/NAME');
  }
  if (words.some((word) => word.includes('/'))) return words.flatMap((word) => slashTargets(available, word));
  const [types = '', ...names] = words;
  const kinds = types.split(',').flatMap((type) => resolveType(available, type));
  if (names.length === 0) return unique(kinds).map((resource) => ({ resource }));
  if (kinds.length > 1) {
    throw usageFailure(`error: names go with one type, and "${types}" is several: write TYPE/NAME for each object`);
  }
  return names.map((name) => ({ resource: kinds[0]!, name }));
}

function slashTargets(available: readonly ApiResource[], word: string): Target[] {
  const [type = '', name = '', ...more] = word.split('/');
  if (!type || !name || more.length > 0) {
    throw usageFailure(`error: "${word}" is not TYPE/NAME, and all arguments must be once one is`);
  }
  const kinds = resolveType(available, type);
  if (kinds.length > 1) throw usageFailure(`error: "${type}" means several types; name the one that has "${name}"`);
  return [{ resource: kinds[0]!, name }];
}

const unique = (kinds: readonly ApiResource[]): ApiResource[] => [...new Set(kinds)];
