/** Keys that stand twice in one object of a JSON text. A parser keeps the last one, and says nothing (Kubernetes docs, "API concepts", field validation). */

const [QUOTE, COLON, BACKSLASH] = [0x22, 0x3a, 0x5c];
/** More of them nobody reads, and no longer paths either. */
const MAX_TOLD = 100;
const MAX_PATH = 500;

/**
 * Paths of the keys that stand again: `spec.containers[0].name`. `value` is what was read from the bytes, which must be JSON.
 * Counting is enough where there are none, and takes a fraction of the time of reading.
 */
export function duplicateKeys(bytes: Buffer, value: unknown): string[] {
  return keysInText(bytes) === keysIn(value) ? [] : findDuplicates(bytes.toString('utf8'));
}

/** Outside of texts, there is a colon after each key and nowhere else. */
function keysInText(bytes: Buffer): number {
  let count = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) isText = !isText;
    else if (!isText) count += byte === COLON ? 1 : 0;
    else if (byte === BACKSLASH) at += 1;
  }
  return count;
}

/** Without recursion: parts that no schema knows may be nested as deep as there are brackets. */
function keysIn(value: unknown): number {
  const waiting: unknown[] = [value];
  let count = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const items: unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (items !== next) count += items.length;
    for (const item of items) if (typeof item === 'object') waiting.push(item);
  }
  return count;
}

/** Where the text goes on after the string that begins at `at`. */
function endOfText(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
}

function afterBlanks(text: string, at: number): number {
  let next = at;
  while (text.charCodeAt(next) <= 0x20) next += 1;
  return next;
}

/** An object or a list whose end has not come yet, and how far it has been read. */
interface Open {
  readonly path: string;
  /** Of an object; true for those that are told of. */
  readonly keys: Map<string, boolean> | undefined;
  index: number;
  here: string;
}

function findDuplicates(text: string): string[] {
  const found: string[] = [];
  const open: Open[] = [];
  for (let at = 0; at < text.length && found.length < MAX_TOLD; ) {
    const inner = open.at(-1);
    switch (text[at]) {
      case '{':
      case '[':
        open.push({ path: pathOf(inner), keys: text[at] === '{' ? new Map() : undefined, index: 0, here: '' });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (inner) inner.index += 1;
        break;
      case '"': {
        const end = endOfText(text, at);
        if (inner?.keys && text.charCodeAt(afterBlanks(text, end)) === COLON)
          noteKey(inner, text.slice(at, end), found);
        at = end;
        continue;
      }
    }
    at += 1;
  }
  return found;
}

function noteKey(inner: Open, quoted: string, found: string[]): void {
  const key = JSON.parse(quoted) as string;
  inner.here = key;
  const isTold = inner.keys?.get(key);
  if (isTold === false) found.push(pathOf(inner));
  inner.keys?.set(key, isTold !== undefined);
}

function pathOf(inner: Open | undefined): string {
  if (!inner) return '';
  const { path, keys, index, here } = inner;
  if (path.length > MAX_PATH) return path;
  const full = keys ? (path ? `${path}.${here}` : here) : `${path}[${index}]`;
  return full.length > MAX_PATH ? `${full.slice(0, MAX_PATH)}...` : full;
}
