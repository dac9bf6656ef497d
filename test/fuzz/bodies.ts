import { stringify } from 'yaml';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import { copyJson, isJsonObject } from '../../api/meta/json.ts';
import { subresourceKind } from '../../api/meta/subresources.ts';
import { PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import { encodePiece, enveloped, hasProtobuf } from '../../api/protobuf/encode.ts';
import type { Rng } from '../../platform/rng.ts';
import { type Dice, pick } from './dice.ts';
import { mutateBytes, mutateText, mutateValue } from './mutate.ts';
import { minimal, NAMESPACE, randomObject } from './objects.ts';
import { collectionOf } from './paths.ts';
import type { Scene } from './script.ts';
import type { Shot } from './shot.ts';

export function partBody({ dice, resource, object, name }: Scene, part: string, rng: Rng): unknown {
  const kind = subresourceKind(resource.plural, part);
  const metadata = { name, ...(resource.namespaced && { namespace: NAMESPACE }) };
  const plain = kind
    ? {
        ...{ apiVersion: apiVersionOf({ ...kind, plural: '' }), kind: kind.kind, metadata },
        ...{ spec: { replicas: rng.int(5), audiences: [] }, target: { kind: 'Node', name: 'n' } },
        deleteOptions: { gracePeriodSeconds: 0 },
      }
    : rng.int(2) === 0
      ? randomObject(resource, dice.fork())
      : object;
  return mutatedTimes(dice, copyJson(plain, 'the object'), 0.6);
}

export const deleteOptions = ({ dice }: Scene): unknown =>
  mutatedTimes(
    dice,
    {
      ...{
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        propagationPolicy: 'Background',
        dryRun: ['All'],
      },
      preconditions: { uid: 'x', resourceVersion: '1' },
    },
    0.7,
  );

export function mutatedTimes(dice: Dice, value: unknown, probability: number): unknown {
  let changed = value;
  for (let i = 0; i < 3; i += 1) changed = dice.mutated(probability / (i + 1), changed, mutateValue);
  return changed;
}

/** The value as a body, in one of the forms that the API reads. */
export function encoded({ dice, resource }: Scene, value: unknown): Pick<Shot, 'headers' | 'body'> {
  const rng = dice.fork();
  const type = pick(rng, [
    'application/json',
    'application/json',
    'application/json',
    'application/yaml',
    PROTOBUF_TYPE,
  ]);
  const headers = { 'content-type': type };
  if (type === PROTOBUF_TYPE) {
    const bytes = protobufOf(resource, value);
    if (bytes) return { headers, body: dice.mutated(0.4, bytes, mutateBytes) };
    return { headers, body: Buffer.from(JSON.stringify(value) ?? '') };
  }
  const text = type === 'application/json' ? JSON.stringify(value) : yamlOf(value);
  return { headers, body: Buffer.from(dice.mutated(0.15, text ?? '', mutateText)) };
}

/** What is nested too deeply for the writer of YAML is YAML as JSON, too. */
function yamlOf(value: unknown): string {
  try {
    return stringify(value);
  } catch {
    return JSON.stringify(value);
  }
}

function protobufOf(resource: ResourceDefinition, value: unknown): Buffer | undefined {
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  if (!isJsonObject(value) || !hasProtobuf(type)) return undefined;
  try {
    return enveloped(type, [encodePiece(type, value)]);
  } catch {
    // What no message can say is sent as something that is none.
    return undefined;
  }
}

/** Makes the least of a kind: where a creation was refused, what follows has something to be about. */
export const firstShot = (resource: ResourceDefinition): Shot => ({
  method: 'POST',
  path: collectionOf(resource),
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(minimal(resource))),
});
