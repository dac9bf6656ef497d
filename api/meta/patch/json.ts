import { ApiError, badRequest, tooLarge } from '../errors.ts';
import { copyJson, equalJson, excerpt, isJsonObject, type JsonObject, MAX_DEPTH, ownOf, setOwn } from '../json.ts';

/** JSON Patch (RFC 6902) as the Kubernetes API server applies it. */

interface Operation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string[];
  from: string[];
  value: unknown;
}

const OPERATIONS: readonly string[] = ['add', 'remove', 'replace', 'move', 'copy', 'test'];
/** As the API server: a patch of more operations is refused. */
const MAX_OPERATIONS = 10_000;
/** What all `copy` operations of a patch may add together; without a bound each could double the document. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** The patch is well formed and does not fit the object: 422, like a failed `test`. */
const inapplicable = (why: string) =>
  new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`, {});

function parsePointer(text: unknown, field: string, index: number): string[] {
  const fault = (why: string) => badRequest(`JSON patch operation ${index}: ${field} ${excerpt(text)} ${why}`);
  if (typeof text !== 'string') throw fault('must be a JSON pointer such as "/spec/replicas"');
  if (text === '') return [];
  if (!text.startsWith('/')) throw fault('must start with "/"');
  const tokens = text.slice(1).split('/');
  if (tokens.length > MAX_DEPTH) throw fault(`has more than ${MAX_DEPTH} parts`);
  if (tokens.some((token) => /~(?![01])/.test(token))) throw fault('has a "~" that is not part of "~0" or "~1"');
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function parseOperation(raw: unknown, index: number): Operation {
  if (!isJsonObject(raw)) throw badRequest(`JSON patch operation ${index} must be an object, found ${excerpt(raw)}`);
  const op = ownOf(raw, 'op');
  if (typeof op !== 'string' || !OPERATIONS.includes(op))
    throw badRequest(`JSON patch operation ${index}: op ${excerpt(op)} must be one of ${OPERATIONS.join(', ')}`);
  if ((op === 'add' || op === 'replace' || op === 'test') && !Object.hasOwn(raw, 'value'))
    throw badRequest(`JSON patch operation ${index}: ${op} needs a value`);
  const path = parsePointer(ownOf(raw, 'path'), 'path', index);
  const from = op === 'move' || op === 'copy' ? parsePointer(ownOf(raw, 'from'), 'from', index) : [];
  return { op: op as Operation['op'], path, from, value: ownOf(raw, 'value') };
}

function parsePatch(patch: unknown): Operation[] {
  if (!Array.isArray(patch))
    throw badRequest(`error decoding patch: a JSON patch is a list of operations, found ${excerpt(patch)}`);
  if (patch.length > MAX_OPERATIONS)
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  return patch.map(parseOperation);
}

const pointerOf = (path: readonly string[]) =>
  path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const indexOf = (token: string, limit: number): number | undefined => {
  const index = /^(0|[1-9]\d{0,9})$/.test(token) ? Number(token) : Number.NaN;
  return index < limit ? index : undefined;
};

/** The document under a root, so that the whole document is a field like any other. */
interface Root extends JsonObject {
  '': unknown;
}

/** The object or list that holds the last part of `path`. */
function parentOf(root: Root, path: readonly string[]): { parent: JsonObject | unknown[]; last: string } {
  let parent: unknown = root;
  const full = ['', ...path];
  for (const token of full.slice(0, -1)) {
    const next = childOf(parent, token);
    if (next === undefined)
      throw inapplicable(`${excerpt(pointerOf(path))} does not exist: no ${excerpt(token)} on the way`);
    parent = next;
  }
  if (!isJsonObject(parent) && !Array.isArray(parent))
    throw inapplicable(`${excerpt(pointerOf(path))} does not exist: its parent is neither an object nor a list`);
  return { parent, last: full.at(-1) ?? '' };
}

function childOf(parent: unknown, token: string): unknown {
  if (Array.isArray(parent)) {
    const index = indexOf(token, parent.length);
    return index === undefined ? undefined : parent[index];
  }
  return isJsonObject(parent) ? ownOf(parent, token) : undefined;
}

function read(root: Root, path: readonly string[]): unknown {
  const { parent, last } = parentOf(root, path);
  const value = childOf(parent, last);
  if (value === undefined) throw inapplicable(`${excerpt(pointerOf(path))} does not exist`);
  return value;
}

function add(root: Root, path: readonly string[], value: unknown): void {
  const { parent, last } = parentOf(root, path);
  if (!Array.isArray(parent)) {
    setOwn(parent, last, value);
    return;
  }
  const index = last === '-' ? parent.length : indexOf(last, parent.length + 1);
  if (index === undefined)
    throw inapplicable(
      `${excerpt(pointerOf(path))}: the list has ${parent.length} items; use 0 to ${parent.length}, or "-"`,
    );
  parent.splice(index, 0, value);
}

function remove(root: Root, path: readonly string[]): unknown {
  const value = read(root, path);
  const { parent, last } = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return value;
}

function replace(root: Root, path: readonly string[], value: unknown): void {
  read(root, path);
  const { parent, last } = parentOf(root, path);
  if (Array.isArray(parent)) parent[Number(last)] = value;
  else setOwn(parent, last, value);
}

const isPrefix = (prefix: readonly string[], path: readonly string[]) =>
  prefix.length < path.length && prefix.every((token, index) => token === path[index]);

function move(root: Root, { from, path }: Operation): void {
  if (isPrefix(from, path)) throw inapplicable(`cannot move ${excerpt(pointerOf(from))} into itself`);
  if (from.length === 0) return;
  add(root, path, remove(root, from));
}

/** Rough bytes of a value as JSON; its depth is bounded because it was copied before. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let weight = 2;
  for (const [key, item] of Object.entries(value)) weight += key.length + 4 + weightOf(item);
  return weight;
}

/**
 * Applies a JSON patch to a copy of `document`. Throws 400 for a malformed patch, 413 for one that is too large, and 422 for one
 * that does not fit the document (a failed `test`, a path that does not exist).
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = parsePatch(patch);
  const root: Root = { '': copyJson(document, 'the object') };
  let copied = 0;
  for (const operation of operations) {
    const { op, path, from, value } = operation;
    if (op === 'test') {
      const found = read(root, path);
      if (!equalJson(found, value))
        throw inapplicable(
          `testing value ${excerpt(pointerOf(path))} failed: expected ${excerpt(value)}, found ${excerpt(found)}`,
        );
    } else if (op === 'add') add(root, path, copyJson(value, 'the patch'));
    else if (op === 'replace') replace(root, path, copyJson(value, 'the patch'));
    else if (op === 'remove') remove(root, path);
    else if (op === 'move') move(root, operation);
    else {
      const copy = copyJson(read(root, from), 'the copied value');
      copied += weightOf(copy);
      if (copied > MAX_COPIED_BYTES) throw tooLarge(MAX_COPIED_BYTES);
      add(root, path, copy);
    }
  }
  return root[''] ?? null;
}
