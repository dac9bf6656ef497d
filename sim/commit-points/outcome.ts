import type { Store } from '../../master/store/store.ts';
import type { SeenObject } from '../history.ts';
import { RESOURCES } from '../record/kinds.ts';

/** Fields that say when and where something came about, and not what there is. */
const INCIDENTAL: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'managedFields',
  'generation',
  'observedGeneration',
  'containerID',
  'podIP',
  'podIPs',
  'addresses',
  'nodeName',
  'hostIP',
  'hostIPs',
  'lastHeartbeatTime',
  'collisionCount',
  'selfLink',
  // Which of several equal ones goes first is left to chance.
  'images',
]);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Any will do. */
const MACHINE = /\bnode-\d+\b/g;
/** Kinds of the cell itself. */
const SKIPPED: ReadonlySet<string> = new Set(['/nodes', 'scheduling.k8s.io/priorityclasses']);

/**
 * All that there is in a cell, as its users see it, but for what differs from run to run without anybody's minding: one line for each object,
 * in order. Two runs with equal outcomes have done the same.
 */
export async function outcomeOf(store: Store): Promise<string[]> {
  const objects: { resource: string; object: SeenObject }[] = [];
  for (const resource of RESOURCES.filter((one) => !SKIPPED.has(one))) {
    const prefix = `/registry/${resource.startsWith('/') ? `core${resource}` : resource}/`;
    const { values } = await store.list(prefix);
    for (const { value } of values) objects.push({ resource, object: JSON.parse(value) });
  }
  const names = new Map(objects.flatMap(({ object }) => generatedName(object)));
  return objects.map(({ resource, object }) => `${resource} ${JSON.stringify(plain(object, names))}`).sort();
}

/** A name that chance or the clock has made, and what stands for all like it. */
function generatedName(object: SeenObject): [string, string][] {
  const { name = '', generateName } = (object.metadata ?? {}) as { name?: string; generateName?: string };
  if (generateName && name.startsWith(generateName)) return [[name, `${generateName}*`]];
  if (object.kind === 'PersistentVolume' && name.startsWith('pvc-')) return [[name, 'pvc-*']];
  return [];
}

function plain(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return plainText(value, names);
  if (Array.isArray(value)) return value.map((item) => plain(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !INCIDENTAL.has(key));
  const sorted = kept.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [plainText(key, names), plain(inner, names)]));
}

function plainText(text: string, names: ReadonlyMap<string, string>): string {
  if (TIME.test(text)) return '<time>';
  const known = names.get(text);
  return known ?? text.replace(UUID, '<uid>').replace(MACHINE, 'node-*');
}

/** Lines that only one of two outcomes has. */
export function differences(expected: readonly string[], found: readonly string[]): string[] {
  const left = [...expected];
  const extra: string[] = [];
  for (const line of found) {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    else extra.push(`+ ${line}`);
  }
  return [...left.map((line) => `- ${line}`), ...extra];
}
