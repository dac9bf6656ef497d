import { stringify } from 'yaml';

/** A list as the JSON texts of what is in it, one at a time. */
export interface JsonList {
  /** All but its items: an object whose last field is an empty list. */
  readonly shell: object;
  /** JSON of each item. */
  readonly texts: Iterable<string>;
}

/** The list's own JSON, cut between its items: there is never a text of all of it. */
export function* jsonPieces({ shell, texts }: JsonList, pretty: boolean): Generator<string> {
  const [open, close] = split(pretty ? `${JSON.stringify(shell, null, 2)}\n` : JSON.stringify(shell), '[]');
  const [first, between, last] = pretty ? ['[\n    ', ',\n    ', '\n  ]'] : ['[', ',', ']'];
  let before = `${open}${first}`;
  let isEmpty = true;
  for (const text of texts) {
    yield before;
    yield pretty ? indented(text) : text;
    before = between;
    isEmpty = false;
  }
  yield isEmpty ? `${open}[]${close}` : `${last}${close}`;
}

const indented = (text: string): string => JSON.stringify(JSON.parse(text), null, 2).replaceAll('\n', '\n    ');

export function* yamlPieces({ shell, texts }: JsonList): Generator<string> {
  const [open] = split(yaml(shell), ' []');
  let isEmpty = true;
  for (const text of texts) {
    if (isEmpty) yield `${open}\n`;
    yield yaml([JSON.parse(text)]);
    isEmpty = false;
  }
  if (isEmpty) yield `${open} []\n`;
}

const yaml = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false });

/** What is before and after the last `mark`: that of the shell's last field. */
function split(text: string, mark: string): [string, string] {
  const at = text.lastIndexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
