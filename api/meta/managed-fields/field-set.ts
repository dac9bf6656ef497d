import { badRequest } from '../errors.ts';
import { excerpt, isJsonObject, MAX_DEPTH, tooDeep } from '../json.ts';

/**
 * A set of fields of an object, as a trie in the very form in which `FieldsV1` prints it (Kubernetes docs, "Server-Side Apply";
 * sigs.k8s.io/structured-merge-diff, fieldpath): so nothing is ever parsed or printed but what comes from outside.
 *
 * Elements of a path: `f:NAME` a field or a key of a map, `k:{"name":"x"}` an item of a list by its keys, `v:1` an item of a set,
 * `i:0` an item by its place. A node without elements is a member of the set; so is one with `.`. Invariants: a node that is no
 * member has elements; `.` never stands alone and stands for an empty node. The root stands for the object and is no member:
 * the empty set is a root without elements. Sets are values: nobody changes one, and they share parts.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** Under construction, not shown to anyone yet. */
export type FieldSetDraft = { [element: string]: FieldSet };

export const SELF = '.';
/** A member without members below it. */
export const MEMBER: FieldSet = Object.freeze({});
export const NO_FIELDS: FieldSet = MEMBER;

export const fieldElement = (name: string): string => `f:${name}`;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the field at this node (not a root) is in the set. */
export const isMember = (node: FieldSet): boolean => SELF in node || isEmptySet(node);

/** What becomes of a node, by whether the left, the right or both sets have it. */
interface Law {
  readonly left: boolean;
  readonly right: boolean;
  readonly both: boolean;
}

const UNION: Law = { left: true, right: true, both: true };
const DIFFERENCE: Law = { left: true, right: false, both: false };
const INTERSECTION: Law = { left: false, right: false, both: true };

function combine(a: FieldSet, b: FieldSet, law: Law, member: boolean): FieldSet | undefined {
  const made: FieldSetDraft = member ? { [SELF]: MEMBER } : {};
  let alone = true;
  for (const element in a) {
    if (element === SELF) continue;
    const kept = combineNodes(a[element]!, b[element], law);
    if (!kept) continue;
    made[element] = kept;
    alone = false;
  }
  for (const element in law.right ? b : NO_FIELDS) {
    if (element === SELF || element in a) continue;
    made[element] = b[element]!;
    alone = false;
  }
  if (alone) return member ? MEMBER : undefined;
  return made;
}

function combineNodes(a: FieldSet, b: FieldSet | undefined, law: Law): FieldSet | undefined {
  if (b === undefined) return law.left ? a : undefined;
  if (a === b) return law.both ? a : undefined;
  const [inA, inB] = [isMember(a), isMember(b)];
  return combine(a, b, law, inA ? (inB ? law.both : law.left) : inB && law.right);
}

const combineRoots = (a: FieldSet, b: FieldSet, law: Law): FieldSet => combine(a, b, law, false) ?? NO_FIELDS;

export const union = (a: FieldSet, b: FieldSet): FieldSet => {
  if (a === b || isEmptySet(b)) return a;
  return isEmptySet(a) ? b : combineRoots(a, b, UNION);
};
export const difference = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmptySet(a) || isEmptySet(b) ? a : combineRoots(a, b, DIFFERENCE);
export const intersection = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmptySet(a) || isEmptySet(b) ? NO_FIELDS : combineRoots(a, b, INTERSECTION);

/** Whether both hold the same fields. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    const other = b[element];
    if (other === undefined || !equalSets(a[element]!, other)) return false;
    count += 1;
  }
  for (const _ in b) count -= 1;
  return count === 0;
}

/** The paths of all members, parents before what is below them. */
export function* pathsOf(set: FieldSet, above: readonly string[] = []): Generator<readonly string[]> {
  for (const element in set) {
    if (element === SELF) continue;
    const path = [...above, element];
    if (isMember(set[element]!)) yield path;
    yield* pathsOf(set[element]!, path);
  }
}

export function setOf(paths: Iterable<readonly string[]>): FieldSet {
  let set = NO_FIELDS;
  for (const path of paths) {
    const single = path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), MEMBER);
    set = union(set, single);
  }
  return set;
}

/** A path as Kubernetes prints it: `.spec.containers[name="x"].image`. */
export const formatPath = (path: readonly string[]): string => path.map(formatElement).join('');

function formatElement(element: string): string {
  const content = element.slice(2);
  switch (element[0]) {
    case 'k': {
      const keys = Object.entries(JSON.parse(content) as object);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${content}]`;
    case 'i':
      return `[${content}]`;
    default:
      return `.${content}`;
  }
}

/** An item's element by its keys, which are printed in the order of their names. */
export function keyElement(keys: readonly (readonly [string, unknown])[]): string {
  if (keys.length === 1) return `k:{${JSON.stringify(keys[0]![0])}:${JSON.stringify(keys[0]![1])}}`;
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

export const valueElement = (value: unknown): string => `v:${JSON.stringify(value)}`;

const MAX_NAME_LENGTH = 4_096;

/** Reads a set that came from outside. Throws 400 with a sentence for what is none. */
export function parseFieldSet(value: unknown): FieldSet {
  return parseNode(value, 0, false) ?? NO_FIELDS;
}

function parseNode(value: unknown, depth: number, member: boolean): FieldSet | undefined {
  if (!isJsonObject(value))
    throw badRequest(`fieldsV1: a set of fields is an object of objects, found ${excerpt(value)}`);
  if (depth >= MAX_DEPTH) throw tooDeep('fieldsV1');
  const made: FieldSetDraft = member ? { [SELF]: MEMBER } : {};
  let alone = true;
  for (const element of Object.keys(value)) {
    if (element === SELF) continue;
    const below = value[element];
    const owned = isJsonObject(below) && (Object.hasOwn(below, SELF) || Object.keys(below).length === 0);
    const node = parseNode(below, depth + 1, owned);
    if (!node) continue;
    made[parseElement(element)] = node;
    alone = false;
  }
  if (alone) return member ? MEMBER : undefined;
  return made;
}

/** The element in the one form that we print. */
function parseElement(element: string): string {
  const fault = (why: string) => badRequest(`fieldsV1: ${excerpt(element)} ${why}`);
  if (element.length > MAX_NAME_LENGTH) throw fault(`is longer than ${MAX_NAME_LENGTH} characters`);
  const content = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return element;
    case 'i:':
      if (!/^\d{1,9}$/.test(content)) throw fault('must have a whole number after "i:"');
      return element;
    case 'v:':
      return valueElement(parseContent(content, fault));
    case 'k:': {
      const keys = parseContent(content, fault);
      if (!isJsonObject(keys) || Object.keys(keys).length === 0) throw fault('must have an object of keys after "k:"');
      return keyElement(Object.entries(keys));
    }
    default:
      throw fault('must be "." or start with "f:", "k:", "v:" or "i:"');
  }
}

function parseContent(content: string, fault: (why: string) => Error): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw fault('must have JSON after its colon');
  }
}
