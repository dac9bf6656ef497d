import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import type { User } from '../../user.ts';

/**
 * Nobody gives away what he has not got (Kubernetes docs, "Using RBAC Authorization": privilege escalation prevention). Rules are
 * taken apart into the smallest ones, each of which one rule of the giver must cover.
 */

/** A rule about one verb, one group, one resource and at most one name; or one verb and one path. */
type Atom =
  | { readonly verb: string; readonly group: string; readonly resource: string; readonly name?: string }
  | { readonly verb: string; readonly path: string };

const ANY = '*';

function* atomsOf({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): Generator<Atom> {
  for (const verb of verbs ?? []) {
    for (const group of apiGroups ?? []) {
      for (const resource of resources ?? []) {
        if (!resourceNames?.length) yield { verb, group, resource };
        for (const name of resourceNames ?? []) yield { verb, group, resource, name };
      }
    }
    for (const path of nonResourceURLs ?? []) yield { verb, path };
  }
}

const holds = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes(ANY) || list.includes(wanted));

function covers(rule: PolicyRule, atom: Atom): boolean {
  if (!holds(rule.verbs, atom.verb)) return false;
  if ('path' in atom) return (rule.nonResourceURLs ?? []).some((pattern) => coversPath(pattern, atom.path));
  if (!holds(rule.apiGroups, atom.group) || !coversResource(rule.resources ?? [], atom.resource)) return false;
  return !rule.resourceNames?.length || (atom.name !== undefined && rule.resourceNames.includes(atom.name));
}

const coversPath = (pattern: string, path: string): boolean =>
  pattern === path || (pattern.endsWith(ANY) && path.startsWith(pattern.replace(/\*+$/, '')));

function coversResource(resources: readonly string[], resource: string): boolean {
  if (holds(resources, resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && resources.includes(`*${resource.slice(slash)}`);
}

/** What of `wanted` no rule of `own` covers, as few rules as tell it all. Bounded by what fits a request. */
export function uncovered(own: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const lacking = new Map<string, { atom: Atom; verbs: string[] }>();
  for (const rule of wanted) {
    for (const atom of atomsOf(rule)) {
      if (own.some((each) => covers(each, atom))) continue;
      const key = JSON.stringify({ ...atom, verb: undefined });
      const known = lacking.get(key) ?? { atom, verbs: [] };
      if (!known.verbs.includes(atom.verb)) known.verbs.push(atom.verb);
      lacking.set(key, known);
    }
  }
  return [...lacking.values()].map(({ atom, verbs }) => ruleOf(atom, verbs));
}

function ruleOf(atom: Atom, verbs: string[]): PolicyRule {
  if ('path' in atom) return { nonResourceURLs: [atom.path], verbs };
  const { group, resource, name } = atom;
  return { apiGroups: [group], resources: [resource], ...(name !== undefined && { resourceNames: [name] }), verbs };
}

const quotedList = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

/** A rule on one line: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function ruleText(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const said = parts.flatMap(([name, values]) => (values?.length ? [`${name}:${quotedList(values)}`] : []));
  return `{${said.join(', ')}}`;
}

/** Why a user may not give these rules, in Kubernetes' wording. `faults`: roles of his that could not be looked at. */
export function escalationText(user: User, lacking: readonly PolicyRule[], faults: readonly string[]): string {
  const lines = lacking.map(ruleText).sort();
  const more = faults.length > 0 ? `; resolution errors: [${faults.join(', ')}]` : '';
  const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${more}`;
}
