import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import type { Action, PathAction, ResourceAction } from './authorizer.ts';

const ANY = '*';

/** Where something is allowed: for all names, or for some. */
interface Leaf<S> {
  all?: S;
  names?: Map<string, S>;
}

/** Verb, then API group, then resource (`pods`, `pods/log`, `*` or `*\/log`). */
type Tree<S> = Map<string, Map<string, Map<string, Leaf<S>>>>;

interface Paths<S> {
  readonly exact: Map<string, S>;
  readonly prefixes: { readonly prefix: string; readonly source: S }[];
}

/**
 * Rules of roles, arranged so that one question costs a dozen look-ups however many rules there are (Kubernetes docs, "Using RBAC
 * Authorization": how rules match). `S` is what is remembered of a rule: where it comes from.
 *
 * Owns: the tree of resource rules and the lists of path rules, which only grow.
 */
export class RuleTable<S> {
  readonly #resources: Tree<S> = new Map();
  readonly #paths = new Map<string, Paths<S>>();

  /** Of several rules that allow the same, the first is remembered. */
  add(rule: PolicyRule, source: S): void {
    for (const verb of rule.verbs ?? []) {
      for (const group of rule.apiGroups ?? []) {
        for (const resource of rule.resources ?? []) this.#addResource(verb, group, resource, rule, source);
      }
      for (const path of rule.nonResourceURLs ?? []) this.#addPath(verb, path, source);
    }
  }

  /** The source of a rule that allows the action. */
  find(action: Action): S | undefined {
    return action.type === 'resource' ? this.#findResource(action) : this.#findPath(action);
  }

  #addResource(verb: string, group: string, resource: string, { resourceNames }: PolicyRule, source: S): void {
    const leaf = entry(
      entry(
        entry(this.#resources, verb, () => new Map()),
        group,
        () => new Map(),
      ),
      resource,
      (): Leaf<S> => ({}),
    );
    if (!resourceNames?.length) {
      leaf.all ??= source;
      return;
    }
    leaf.names ??= new Map();
    for (const name of resourceNames) entry(leaf.names, name, () => source);
  }

  #addPath(verb: string, path: string, source: S): void {
    const paths = entry(this.#paths, verb, (): Paths<S> => ({ exact: new Map(), prefixes: [] }));
    if (path.endsWith(ANY)) paths.prefixes.push({ prefix: path.replace(/\*+$/, ''), source });
    else entry(paths.exact, path, () => source);
  }

  #findResource(action: ResourceAction): S | undefined {
    if (this.#resources.size === 0) return undefined;
    const { resource, subresource } = action;
    const whole = subresource ? `${resource}/${subresource}` : resource;
    const ofAll = subresource ? `*/${subresource}` : undefined;
    return this.#findWithVerb(action.verb, action, whole, ofAll) ?? this.#findWithVerb(ANY, action, whole, ofAll);
  }

  #findWithVerb(verb: string, action: ResourceAction, whole: string, ofAll: string | undefined): S | undefined {
    const groups = this.#resources.get(verb);
    if (!groups) return undefined;
    return (
      findIn(groups.get(action.group), action.name, whole, ofAll) ?? findIn(groups.get(ANY), action.name, whole, ofAll)
    );
  }

  #findPath({ verb, path }: PathAction): S | undefined {
    for (const paths of [this.#paths.get(verb), this.#paths.get(ANY)]) {
      if (!paths) continue;
      const found = paths.exact.get(path) ?? paths.prefixes.find(({ prefix }) => path.startsWith(prefix))?.source;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function findIn<S>(
  resources: ReadonlyMap<string, Leaf<S>> | undefined,
  name: string | undefined,
  whole: string,
  ofAll: string | undefined,
): S | undefined {
  if (!resources) return undefined;
  return (
    sourceIn(resources.get(whole), name) ??
    sourceIn(resources.get(ANY), name) ??
    (ofAll === undefined ? undefined : sourceIn(resources.get(ofAll), name))
  );
}

const sourceIn = <S>(leaf: Leaf<S> | undefined, name: string | undefined): S | undefined =>
  leaf?.all ?? (name ? leaf?.names?.get(name) : undefined);

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
