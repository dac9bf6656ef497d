import type { Pod } from '../../../api/core/pod.ts';
import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { copyJson } from '../../../api/meta/json.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import { controllerReference } from '../kit/ownership.ts';

const SUFFIX_LENGTH = 5;
/** A pod's name is its host name, which may have 63 characters. */
const MAX_PREFIX_LENGTH = 63 - SUFFIX_LENGTH;

/** A new pod as the owner's template describes it, named after the owner. */
export function podFromTemplate<O extends ApiObject>(
  owner: { resource: ResourceDefinition<O>; object: O },
  template: PodTemplateSpec | undefined,
  rng: Rng,
  finalizers?: string[],
): Pod {
  const { name = '', namespace } = metaOf(owner.object);
  const prefix = `${name}-`.slice(0, MAX_PREFIX_LENGTH);
  const { labels, annotations, finalizers: own } = template?.metadata ?? {};
  const held = [...(own ?? []), ...(finalizers ?? [])];
  return {
    metadata: {
      name: `${prefix}${rng.suffix(SUFFIX_LENGTH)}`,
      generateName: prefix,
      namespace,
      labels: labels && { ...labels },
      annotations: annotations && { ...annotations },
      ownerReferences: [controllerReference(owner.resource, owner.object)],
      finalizers: held.length > 0 ? held : undefined,
    },
    spec: copyJson(template?.spec, 'the template'),
  } as Pod;
}
