import { kindMessages } from './kind-messages.ts';
import { metadataMessages } from './metadata-messages.ts';
import { nodeMessages } from './node-messages.ts';
import { podMessages } from './pod-messages.ts';
import { storageMessages } from './storage-messages.ts';
import { volumeMessages } from './volume-messages.ts';

/**
 * Field numbers of Kubernetes' messages. A message is a line of `jsonName=number:type`:
 * - type: `string` (left out), `int`, `bool`, `double`, `bytes`, `time`, `micro-time`, `quantity`, `int-or-string`, `json`, or a message;
 * - `[]` before it: repeated; `{}`: a map from strings;
 * - `^` before it: nested in protobuf, flat in JSON (an embedded Go struct);
 * - `?` after it: a Go pointer. Its zero value means something; without `?` a zero value means absent.
 */
export type MessageTable = Readonly<Record<string, string>>;

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly inline: boolean;
  readonly pointer: boolean;
}
export type Message = ReadonlyMap<number, Field>;

const FIELD = /^(\w+)=(\d+)(?::(\[\]|\{\})?(\^)?([\w-]+)(\?)?)?$/;

function parseMessage(line: string): Message {
  const fields = new Map<number, Field>();
  for (const word of line.split(' ').filter(Boolean)) {
    const match = FIELD.exec(word);
    if (!match) throw new TypeError(`bad entry in a table of protobuf fields: ${word}`);
    const [, name = '', number, container, inline, type = 'string', pointer] = match;
    fields.set(Number(number), {
      name,
      type,
      repeated: container === '[]',
      map: container === '{}',
      inline: inline !== undefined,
      pointer: pointer !== undefined,
    });
  }
  return fields;
}

const tables = [metadataMessages, kindMessages, podMessages, volumeMessages, storageMessages, nodeMessages];

/** Every message by its Go name. Constant. */
export const messages: ReadonlyMap<string, Message> = new Map(
  tables.flatMap((table) => Object.entries(table)).map(([name, line]) => [name, parseMessage(line)]),
);

/** Kinds that may be the body of a request, by `apiVersion/kind`. */
export const bodyKinds: ReadonlySet<string> = new Set([
  ...['Namespace', 'Node', 'Pod', 'Event', 'ConfigMap', 'Secret', 'ServiceAccount', 'Service', 'Binding'].map(
    (kind) => `v1/${kind}`,
  ),
  'apps/v1/Deployment',
  'apps/v1/ReplicaSet',
  'batch/v1/Job',
  'scheduling.k8s.io/v1/PriorityClass',
  'coordination.k8s.io/v1/Lease',
  'v1/PersistentVolume',
  'v1/PersistentVolumeClaim',
  'policy/v1/PodDisruptionBudget',
  ...['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'].map((kind) => `storage.k8s.io/v1/${kind}`),
]);
