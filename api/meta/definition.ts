import type { FieldError } from './errors.ts';
import type { NameRule } from './names.ts';
import type { ApiObject } from './object.ts';
import type { TSchema } from './schema.ts';

/** What names a resource. */
export interface ResourceName {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** In the order of discovery documents. */
export const RESOURCE_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;
export type ResourceVerb = (typeof RESOURCE_VERBS)[number];

/** How the objects of a version are kept as objects of another (Kubernetes docs, "Versions in CustomResourceDefinitions"). */
export interface StoredForm {
  readonly resource: ResourceDefinition;
  /** Both leave their argument alone; the result may share parts with it. Nothing that either form can say is lost. */
  toStored(object: ApiObject): ApiObject;
  fromStored(object: ApiObject): ApiObject;
  /**
   * Present where only somebody outside knows how to convert (a webhook): then it is used in place of the two above, which throw.
   * As many objects as were given, in their order. Rejects with `ApiError`.
   */
  readonly convert?: (objects: readonly ApiObject[], to: 'stored' | 'served') => Promise<ApiObject[]>;
}

/** The definition whose form objects of the resource are kept in; undefined where nothing is kept. */
export function storageOf(resource: ResourceDefinition): ResourceDefinition | undefined {
  const { stored } = resource;
  return stored === undefined ? resource : stored === false ? undefined : stored.resource;
}

/** One printed column (Kubernetes' `TableColumnDefinition` and the function that fills it). */
export interface Column<T extends ApiObject> {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'number' | 'date';
  format?: 'name';
  description: string;
  /** 0 is always shown; 1 only with `-o wide`. Default 0. */
  priority?: number;
  /** `null` prints as `<none>`. */
  value(object: T, nowMs: number): string | number | boolean | null;
}

/** How `scale` reads and writes a kind (autoscaling/v1 Scale). */
export interface ScaleAccess<T extends ApiObject> {
  specReplicas(object: T): number;
  statusReplicas(object: T): number;
  /** Label selector in its text form. */
  selector(object: T): string;
  setReplicas(object: T, replicas: number): void;
}

/** Reads a field as text. (A method type, so that definitions of different kinds fit one registry.) */
export type FieldReader<T> = { read(object: T): string }['read'];

/**
 * All that the rest of the house knows about a kind. Every function is pure: no clock, no I/O, no reading of other objects.
 * Functions that mutate do so to a copy their caller owns.
 */
export interface ResourceDefinition<T extends ApiObject = ApiObject> extends ResourceName {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly schema: TSchema;
  /** True where main-resource writes leave `status` alone and `/status` writes change nothing else. */
  readonly hasStatus: boolean;
  /** True where whoever creates an object may set its `status` at once (a machine that registers knows its state). Default false. */
  readonly statusOnCreate?: boolean;
  /**
   * True where a deletion always answers with the object as it was last (the API reference, "Delete": 200). Default: with a Status once
   * it is gone. Clients with types read nothing else.
   */
  readonly showsDeleted?: true;
  /** True where whoever replaces an object must say which revision of it (`metadata.resourceVersion`). Default false. */
  readonly replacedByRevision?: true;
  /** What can be asked of its objects. Default: everything. */
  readonly verbs?: readonly ResourceVerb[];
  /**
   * Absent: objects are kept in the form that this definition describes. `false`: nothing is kept, a request is answered and forgotten
   * (reviews). Else this is another version of a resource, whose objects are kept in that one's form.
   */
  readonly stored?: false | StoredForm;
  /** Told to whoever uses a version that is about to go, with each answer. One sentence, in plain ASCII. */
  readonly deprecation?: string;
  /** True for the resources that a CustomResourceDefinition makes. They take no strategic merge patch, having no Go type. */
  readonly custom?: boolean;
  /**
   * Reads a body, where the rules of `decode.ts` do not fit. Leaves its argument alone; same result and errors as `decode` there,
   * which calls it.
   */
  readonly decode?: (value: unknown) => { object: ApiObject; unknown: string[]; unsupported: FieldError[] };
  readonly scale?: ScaleAccess<T>;
  /** Further subresources with their verbs (`log`: get, `binding`: create). `status` and `scale` come by themselves. */
  readonly subresources?: Readonly<Record<string, readonly string[]>>;
  readonly columns: readonly Column<T>[];
  /** Field selectors beyond `metadata.name` and `metadata.namespace`. */
  readonly selectableFields?: Readonly<Record<string, FieldReader<T>>>;
  /** Which names are allowed. Default: DNS-1123 subdomain. */
  readonly nameRule?: NameRule;
  /** Fills in what Kubernetes fills in for absent fields. */
  setDefaults(object: T): void;
  /** Clears what a client may not set at creation (beyond `status`, which is cleared for every kind with `hasStatus`). */
  prepareForCreate?(object: T): void;
  /** Carries over what a client may not change through the main resource. */
  prepareForUpdate?(next: T, previous: T): void;
  /** The same for the subresource `approval`, of kinds that have it. */
  prepareForApproval?(next: T, previous: T): void;
  /** Further subresources through which clients write a part of the object, by name; other rules than for the whole hold. */
  readonly partRules?: Readonly<Record<string, PartRules<T>>>;
  /** Faults of the object by itself. `previous`: what it was before an update, for kinds that bear with old faults. */
  validate(object: T, previous?: T): FieldError[];
  /**
   * Faults of a status somebody reports, looked for when the status alone is written. Default: none; statuses come from our own
   * components, and are refused only where believing them would do harm. `previous` is absent where the subresource `approval` was
   * written: what is decided there nobody else may decide.
   */
  validateStatus?(object: T, previous?: T): FieldError[];
  /** Faults of the change: immutable fields and the like. `validate(next)` is called as well. */
  validateUpdate?(next: T, previous: T): FieldError[];
  /**
   * What whoever writes the object should know though it is no fault, above all what is kept but not acted on. Of the object as
   * it will be stored. One sentence each, in plain ASCII: they travel in `Warning` headers (Kubernetes docs, "API concepts").
   */
  warnings?(object: T): string[];
}

/** How a part of an object is written, in place of the functions of the same names for the whole. */
export interface PartRules<T extends ApiObject> {
  prepareForUpdate(next: T, previous: T): void;
  validateUpdate(next: T, previous: T): FieldError[];
}

/** Declares a kind; the compiler checks every function against the type of its objects. */
export function defineResource<T extends ApiObject>(definition: ResourceDefinition<T>): ResourceDefinition<T> {
  return definition;
}

/** Whether both name the same resource, in whatever version. */
export const isSameResource = (
  one: Pick<ResourceName, 'group' | 'plural'>,
  other: Pick<ResourceName, 'group' | 'plural'>,
): boolean => one.plural === other.plural && one.group === other.group;

/** `v1`, or `apps/v1`. */
export const apiVersionOf = (resource: ResourceName): string =>
  resource.group ? `${resource.group}/${resource.version}` : resource.version;

/**
 * Where an object lives in the store: `/registry/<group>/<plural>/<namespace>/<name>`, with `core` for the core group and no
 * namespace segment for cluster-wide kinds.
 */
export const storePrefix = (resource: ResourceName): string =>
  `/registry/${resource.group || 'core'}/${resource.plural}/`;

export const storeKey = (
  resource: ResourceDefinition<never> | ResourceName,
  namespace: string | undefined,
  name: string,
): string => (namespace ? `${storePrefix(resource)}${namespace}/${name}` : `${storePrefix(resource)}${name}`);
