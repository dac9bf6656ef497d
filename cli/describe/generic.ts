import type { ApiObject } from '../../api/meta/object.ts';
import { annotationLines, field, pairLines, type Row, row } from './rows.ts';

/** Shown above, or of no use to people. */
const SHOWN_ABOVE = ['name', 'namespace', 'labels', 'annotations', 'managedFields', 'selfLink'];

/** Any kind: what names it, then every other field under its name in words, in order. */
export function describeAny(object: ApiObject, namespaced: boolean): Row[] {
  const { metadata } = object;
  const rest = Object.entries(metadata ?? {}).filter(([key]) => !SHOWN_ABOVE.includes(key));
  return [
    field(0, 'Name', metadata?.name),
    row(0, 'Namespace:', namespaced ? (metadata?.namespace ?? '') : ''),
    ...pairLines(0, 'Labels', metadata?.labels),
    ...annotationLines(0, metadata?.annotations),
    ...valueRows(0, { ...object, metadata: Object.fromEntries(rest) }),
  ];
}

/** A Secret's values are for those who ask for them with `-o yaml`: only sizes are shown. */
export function describeSecret(object: ApiObject): Row[] {
  const { metadata, data, type } = object as ApiObject & { data?: Record<string, string>; type?: string };
  const sizes = Object.entries(data ?? {}).sort();
  return [
    field(0, 'Name', metadata?.name),
    field(0, 'Namespace', metadata?.namespace),
    ...pairLines(0, 'Labels', metadata?.labels),
    ...annotationLines(0, metadata?.annotations),
    row(0, ''),
    field(0, 'Type', type),
    row(0, ''),
    row(0, 'Data'),
    row(0, '===='),
    ...sizes.map(([key, value]) => field(0, key, `${Buffer.from(value, 'base64').length} bytes`)),
  ];
}

/** A ConfigMap's values as they are. */
export function describeConfigMap(object: ApiObject): Row[] {
  const { metadata, data, binaryData } = object as ApiObject & Record<'data' | 'binaryData', Record<string, string>>;
  const texts = Object.entries(data ?? {}).sort();
  return [
    field(0, 'Name', metadata?.name),
    field(0, 'Namespace', metadata?.namespace),
    ...pairLines(0, 'Labels', metadata?.labels),
    ...annotationLines(0, metadata?.annotations),
    row(0, ''),
    row(0, 'Data'),
    row(0, '===='),
    ...texts.flatMap(([key, value]) => [`${key}:`, '----', ...value.split('\n'), ''].map((line) => row(0, line))),
    row(0, ''),
    row(0, 'BinaryData'),
    row(0, '===='),
    ...Object.entries(binaryData ?? {}).map(([key, value]) =>
      field(0, key, `${Buffer.from(value, 'base64').length} bytes`),
    ),
    row(0, ''),
  ];
}

function valueRows(level: number, value: Record<string, unknown>): Row[] {
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, inner]) => entryRows(level, inWords(key), inner));
}

function entryRows(level: number, name: string, value: unknown): Row[] {
  if (Array.isArray(value)) {
    const items = value.flatMap((item) =>
      item !== null && typeof item === 'object'
        ? valueRows(level + 1, item as Record<string, unknown>)
        : [row(level + 1, String(item))],
    );
    return [row(level, `${name}:`), ...items];
  }
  if (value !== null && typeof value === 'object') {
    return [row(level, `${name}:`), ...valueRows(level + 1, value as Record<string, unknown>)];
  }
  return [row(level, `${name}:`, String(value ?? ''))];
}

/** `leaseDurationSeconds` as `Lease Duration Seconds`, `apiVersion` as `API Version`. */
function inWords(key: string): string {
  if (!/^[a-z][A-Za-z]*$/.test(key)) return key;
  const words = key.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').split(' ');
  const spoken = words.map((word) => {
    const upper = word.toUpperCase();
    return ['API', 'UID', 'URL'].includes(upper) ? upper : word[0]!.toUpperCase() + word.slice(1);
  });
  return spoken.join(' ');
}
