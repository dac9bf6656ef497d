import { accessMessages } from './access-messages.ts';
import { coreMessages } from './core-messages.ts';
import { extensionMessages } from './extension-messages.ts';
import { metadataMessages } from './metadata-messages.ts';
import { networkMessages } from './network-messages.ts';
import { nodeMessages } from './node-messages.ts';
import { observationMessages } from './observation-messages.ts';
import { podMessages } from './pod-messages.ts';
import { policyMessages } from './policy-messages.ts';
import { storageMessages } from './storage-messages.ts';
import { volumeMessages } from './volume-messages.ts';
import { workloadMessages } from './workload-messages.ts';

/**
 * Field numbers of Kubernetes' messages, by API version and name. A message is a line of `jsonName=number:type`:
 * - type: a scalar (`string` is left out) or a message of the same version, else of `v1`, else of `meta.k8s.io/v1`;
 * - `[]` before it: repeated; `{}`: a map from strings;
 * - `^` before it: nested in protobuf, flat in JSON (an embedded Go struct);
 * - `?` after it: a Go pointer. Its zero value means something; without `?` a zero value means absent.
 */
export type MessageTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const SCALARS = [
  ...['string', 'int', 'bool', 'double', 'bytes'],
  /** `metav1.Time`, `MicroTime` and `Duration`; `resource.Quantity`; `intstr.IntOrString`. */
  ...['time', 'micro-time', 'duration', 'quantity', 'int-or-string'],
  /** Any JSON, as text in a message of one field of bytes (`RawExtension`, `FieldsV1`, `JSON`). */
  'json',
  /** A list of strings in a message of its own (`ExtraValue`). */
  'strings',
] as const;
export type Scalar = (typeof SCALARS)[number];

export interface Field {
  readonly number: number;
  /** In JSON. */
  readonly name: string;
  readonly type: Scalar | Message;
  readonly container: 'list' | 'map' | undefined;
  readonly inline: boolean;
  readonly pointer: boolean;
}

/** Owns its fields, which are read from its line when they are first asked for: messages may refer to each other in circles. */
export class Message {
  readonly version: string;
  readonly name: string;
  readonly #line: string;
  #fields: readonly Field[] | undefined;

  constructor(version: string, name: string, line: string) {
    this.version = version;
    this.name = name;
    this.#line = line;
  }

  /** In ascending order of their numbers. */
  get fields(): readonly Field[] {
    this.#fields ??= this.#line
      .split(' ')
      .filter(Boolean)
      .map((word) => parseField(word, this.version))
      .toSorted((a, b) => a.number - b.number);
    return this.#fields;
  }
}

const META = 'meta.k8s.io/v1';
const FIELD = /^([\w$-]+)=(\d+)(?::(\[\]|\{\})?(\^)?([\w-]+)(\?)?)?$/;

function parseField(word: string, version: string): Field {
  const match = FIELD.exec(word);
  if (!match) throw new TypeError(`bad entry in a table of protobuf fields: ${word}`);
  const [, name = '', number, container, inline, type = 'string', pointer] = match;
  return {
    number: Number(number),
    name,
    type: SCALARS.find((scalar) => scalar === type) ?? referredTo(type, version),
    container: container === '[]' ? 'list' : container === '{}' ? 'map' : undefined,
    inline: inline !== undefined,
    pointer: pointer !== undefined,
  };
}

function referredTo(name: string, version: string): Message {
  const found = [version, 'v1', META].map((home) => messages.get(`${home}/${name}`)).find(Boolean);
  if (!found) throw new TypeError(`no table of protobuf fields for message ${name}, which ${version} refers to`);
  return found;
}

/** Every message by its version and name: `apps/v1/Deployment`. Constant. */
export const messages: ReadonlyMap<string, Message> = readTables([
  ...[metadataMessages, coreMessages, podMessages, volumeMessages, nodeMessages, workloadMessages, storageMessages],
  ...[networkMessages, policyMessages, accessMessages, observationMessages, extensionMessages],
]);

function readTables(tables: readonly MessageTable[]): Map<string, Message> {
  const found = new Map<string, Message>();
  const add = (version: string, name: string, line: string) => {
    const key = `${version}/${name}`;
    if (!found.has(key)) found.set(key, new Message(version, name, line));
  };
  for (const [version, lines] of tables.flatMap((table) => Object.entries(table))) {
    for (const [name, line] of Object.entries(lines)) add(version, name, line);
    for (const [name, line] of Object.entries(lines))
      if (line.startsWith('metadata=1:ObjectMeta'))
        add(version, `${name}List`, `metadata=1:ListMeta items=2:[]${name}`);
  }
  return found;
}

/** Kinds that belong to every version. */
const EVERYWHERE = ['DeleteOptions', 'Status'];

/** The message of an object or list of a kind; undefined where the kind has none. */
export function messageOfKind(apiVersion: string, kind: string): Message | undefined {
  return messages.get(`${EVERYWHERE.includes(kind) ? META : apiVersion}/${kind}`);
}
