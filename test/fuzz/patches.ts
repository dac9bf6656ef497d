import { isJsonObject } from '../../api/meta/json.ts';
import type { Rng } from '../../platform/rng.ts';
import { mutatedTimes, partBody } from './bodies.ts';
import { pick } from './dice.ts';
import { mutateText } from './mutate.ts';
import type { Scene } from './script.ts';
import type { Shot } from './shot.ts';

export const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

export function patchOf(scene: Scene, path: string, part: string, rng: Rng): Shot {
  const type = pick(rng, PATCHES);
  const body = partBody(scene, part, rng);
  const patch = type === PATCHES[0] ? jsonPatch(scene, body, rng) : body;
  const text = scene.dice.mutated(0.1, JSON.stringify(patch) ?? '', mutateText);
  const query =
    type === PATCHES[3] ? `?fieldManager=${pick(rng, ['a', 'b', 'kubectl'])}${pick(rng, ['', '&force=true'])}` : '';
  return {
    method: 'PATCH',
    path: path + query,
    headers: { 'content-type': type },
    body: Buffer.from(text),
    resource: scene.resource,
  };
}

function jsonPatch({ dice }: Scene, value: unknown, rng: Rng): unknown {
  const pointers = [
    '',
    '/spec',
    '/metadata',
    '/metadata/labels',
    '/metadata/labels/a',
    '/metadata/finalizers/-',
    '/status',
    '/__proto__/polluted',
    '/constructor/prototype/polluted',
    '/data/~0~1',
    '/spec/containers/0',
    '/spec/containers/01',
    '/metadata/managedFields/0',
  ];
  const one = () => ({
    op: pick(rng, ['add', 'remove', 'replace', 'move', 'copy', 'test']),
    path: pick(rng, pointers),
    from: pick(rng, pointers),
    value: pick<unknown>(rng, [null, 1, 'x', {}, [], isJsonObject(value) ? value.spec : value, { a: 'b' }]),
  });
  return mutatedTimes(dice, Array.from({ length: 1 + rng.int(4) }, one), 0.3);
}
