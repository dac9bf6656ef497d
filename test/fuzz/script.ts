import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { copyJson, type JsonObject } from '../../api/meta/json.ts';
import type { Rng } from '../../platform/rng.ts';
import { deleteOptions, encoded, firstShot, mutatedTimes, partBody } from './bodies.ts';
import { Dice, pick } from './dice.ts';
import { furnished } from './furnish.ts';
import { NAMESPACE, randomObject } from './objects.ts';
import { patchOf } from './patches.ts';
import { collectionOf, OTHER_PATHS, pathOf, subresourcesOf } from './paths.ts';
import { beforehand } from './scenery.ts';
import type { Shot } from './shot.ts';

/** A script is a handful of requests around one object; it is made of its seed alone, and can be sent to any server. */
export interface Script {
  readonly seed: number;
  readonly resource: ResourceDefinition;
  readonly name: string;
  readonly shots: readonly Shot[];
  /** How many places of it were mutated. */
  readonly mutations: number;
}

/** What the shots of a script are about. */
export interface Scene {
  readonly dice: Dice;
  readonly resource: ResourceDefinition;
  readonly object: JsonObject;
  readonly name: string;
}

const MAX_SHOTS = 6;

/** The script of a seed; `without` names mutations to leave out. */
export function scriptOf(
  seed: number,
  resources: readonly ResourceDefinition[],
  without?: ReadonlySet<number>,
): Script {
  const dice = new Dice(seed, without);
  const rng = dice.fork();
  const resource = pick(rng, resources);
  const object = randomObject(resource, dice.fork());
  const name = String((object.metadata as JsonObject).name);
  const scene: Scene = { dice, resource, object, name };
  const shots = [...beforehand(resource), create(scene), firstShot(resource), ...afterwards(scene, dice.fork())];
  const count = 1 + rng.int(MAX_SHOTS);
  for (let i = 0; i < count; i += 1) shots.push(furnished(scene, anything(scene, dice.fork())));
  shots.push({ method: 'GET', path: pathOf(resource, name), headers: {}, resource });
  return { seed, resource, name, shots, mutations: dice.mutations };
}

function create(scene: Scene): Shot {
  const { resource, dice, object } = scene;
  const value = mutatedTimes(dice, copyJson(object, 'the object'), 0.5);
  return furnished(scene, { method: 'POST', path: collectionOf(resource), ...encoded(scene, value), resource });
}

/** A pod may get a place: what is asked of it then is another matter. */
function afterwards({ resource, name }: Scene, rng: Rng): Shot[] {
  if (resource.plural !== 'pods' || resource.group !== '' || rng.int(2) === 0) return [];
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'node-1' } };
  const body = Buffer.from(JSON.stringify(binding));
  return [{ method: 'POST', path: `${pathOf(resource, name)}/binding`, headers: JSON_HEADERS, body }];
}

const JSON_HEADERS = { 'content-type': 'application/json' };

/** One of the requests that can be made about the scene's object. */
function anything(scene: Scene, rng: Rng): Shot {
  const { resource, name } = scene;
  const path = pathOf(resource, name);
  const part = pick(rng, ['', ...subresourcesOf(resource)]);
  const at = part ? `${path}/${part}` : path;
  const bare = { headers: {}, resource };
  switch (rng.int(14)) {
    case 0:
    case 1:
      return { method: 'PUT', path: at, ...encoded(scene, partBody(scene, part, rng)), resource };
    case 2:
    case 3:
    case 4:
    case 5:
      return patchOf(scene, at, part, rng);
    case 6:
    case 7:
      return { method: pick(rng, ['GET', 'GET', 'HEAD', 'OPTIONS', 'TRACE', 'LINK']), path: at, ...bare };
    case 8:
      return { method: 'GET', path: collectionOf(resource, pick(rng, [NAMESPACE, '', 'nowhere'])), ...bare };
    case 9: {
      const about = pick(rng, [path, path, collectionOf(resource)]);
      return { method: 'DELETE', path: about, ...encoded(scene, deleteOptions(scene)), resource };
    }
    case 10:
    case 11:
      return { method: 'POST', path: at, ...encoded(scene, partBody(scene, part, rng)), resource };
    case 12:
      return {
        method: 'GET',
        path: collectionOf(resource).replace(/^(\/apis?\/(?:[^/]+\/)?v[^/]+)/, '$1/watch'),
        ...bare,
      };
    default:
      return { method: pick(rng, ['GET', 'GET', 'POST']), path: pick(rng, OTHER_PATHS), headers: {} };
  }
}
