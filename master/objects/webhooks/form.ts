import { decode } from '../../../api/meta/decode.ts';
import { apiVersionOf, type ResourceDefinition } from '../../../api/meta/definition.ts';
import { invalid } from '../../../api/meta/errors.ts';
import { isJsonObject, type JsonObject } from '../../../api/meta/json.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';

/** How objects are shown to webhooks in one version, or through one subresource, and how what they make of it is read. */
export interface Form {
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  show(object: ApiObject): Promise<JsonObject>;
  /** The object with the changes of a webhook. `before`: what was shown; it is left alone. Throws `ApiError` for what makes no sense. */
  take(changed: unknown, before: ApiObject): Promise<ApiObject>;
}

/** `kept` is the definition of what is shown, `shownAs` the version in which. */
export function formOf(kept: ResourceDefinition, shownAs: ResourceDefinition, subresource?: string): Form {
  if (subresource === 'scale' && kept.scale) return scaleForm(kept, kept.scale);
  if (subresource === 'binding') return bindingForm;
  return wholeForm(shownAs);
}

function wholeForm(shownAs: ResourceDefinition): Form {
  const { group, version, kind, stored } = shownAs;
  const converted = async (object: ApiObject, to: 'stored' | 'served'): Promise<ApiObject> => {
    if (!stored) return object;
    if (!stored.convert) return to === 'stored' ? stored.toStored(object) : stored.fromStored(object);
    const [made] = await stored.convert([object], to);
    return made!;
  };
  return {
    kind: { group, version, kind },
    async show(object) {
      return { ...(await converted(object, 'served')), apiVersion: apiVersionOf(shownAs), kind };
    },
    async take(changed) {
      const { object, unsupported } = decode(shownAs, changed);
      if (unsupported.length > 0) throw invalid(shownAs, metaOf(object).name ?? '', unsupported);
      return converted(object, 'stored');
    },
  };
}

/** autoscaling/v1 Scale: of it, a webhook can change the number. */
function scaleForm(kept: ResourceDefinition, access: NonNullable<ResourceDefinition['scale']>): Form {
  return {
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    async show(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = metaOf(object);
      return {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        spec: { replicas: access.specReplicas(object) },
        status: { replicas: access.statusReplicas(object), selector: access.selector(object) },
      };
    },
    async take(changed, before) {
      const replicas = fieldOf(changed, 'spec', 'replicas') ?? 0;
      const copy = structuredClone(before);
      if (!Number.isInteger(replicas)) throw invalid(kept, metaOf(before).name ?? '', [mustBeNumber(replicas)]);
      access.setReplicas(copy, replicas as number);
      return copy;
    },
  };
}

const mustBeNumber = (found: unknown) =>
  ({
    type: 'FieldValueInvalid',
    path: 'spec.replicas',
    message: `Invalid value: ${JSON.stringify(found)}: must be an integer`,
  }) as const;

interface Placed extends ApiObject {
  spec?: { nodeName?: string };
}

/** core/v1 Binding: the node that a pod is about to get. Where it goes has been decided and accounted for: it is not for changing. */
const bindingForm: Form = {
  kind: { group: '', version: 'v1', kind: 'Binding' },
  async show(object) {
    const { name, namespace, uid } = metaOf(object);
    const target = { kind: 'Node', name: (object as Placed).spec?.nodeName ?? '' };
    return { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
  },
  async take(_changed, before) {
    return before;
  },
};

const fieldOf = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), value);
