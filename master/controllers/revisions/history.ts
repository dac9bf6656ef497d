import { type ControllerRevision, controllerRevisions } from '../../../api/apps/controller-revision.ts';
import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { canonicalJson } from '../kit/canonical-json.ts';
import { create, type Decision, remove, update } from '../kit/decision.ts';
import { controllerReference } from '../kit/ownership.ts';
import { shortHash } from '../kit/short-hash.ts';

/** The label by which pods and revisions of one template find each other. */
export const REVISION_HASH = 'controller-revision-hash';

/** Whose template has a history. */
export interface Owner<O extends ApiObject> {
  readonly resource: ResourceDefinition<O>;
  readonly object: O;
  readonly template: PodTemplateSpec | undefined;
  readonly collisionCount: number | undefined;
}

export interface History {
  /** That of the present template; one that a decision makes only now has no uid yet. */
  readonly present: ControllerRevision;
  /** Oldest first, without one that is made only now. */
  readonly all: readonly ControllerRevision[];
  readonly decisions: readonly Decision[];
  /** Another object has the name: `collisionCount` is to be raised. */
  readonly collides: boolean;
}

/**
 * Settles which revision the present template is: one that is there, which becomes the newest again after a rollback, or a new one
 * (Kubernetes API reference, "ControllerRevision"). Its data is the patch that brings the template back, as `kubectl rollout undo`
 * wants it.
 */
export function historyOf<O extends ApiObject>(view: CacheReader, owner: Owner<O>): History {
  const { object, template, collisionCount } = owner;
  const { name = '', namespace, uid = '' } = metaOf(object);
  const all = view.ownedBy(controllerRevisions, uid).sort((a, b) => a.revision - b.revision);
  const data = { spec: { template: { ...template, $patch: 'replace' } } };
  const text = canonicalJson(data);
  const newest = 1 + Math.max(0, ...all.map(({ revision }) => revision));
  const known = all.filter((one) => canonicalJson(one.data) === text).at(-1);
  if (known) {
    const decisions = known === all.at(-1) ? [] : [renumber(known, newest)];
    return { present: known, all, decisions, collides: false };
  }
  const hash = shortHash(`${text}#${collisionCount ?? 0}`);
  const fresh: ControllerRevision = {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template?.metadata?.labels, [REVISION_HASH]: hash },
      ownerReferences: [controllerReference(owner.resource, object)],
    },
    data,
    revision: newest,
  };
  const collides = view.get(controllerRevisions, namespace, metaOf(fresh).name ?? '') !== undefined;
  return { present: fresh, all, decisions: collides ? [] : [create(controllerRevisions, fresh)], collides };
}

const renumber = (revision: ControllerRevision, newest: number): Decision =>
  update(controllerRevisions, revision, (current) => {
    current.revision = newest;
  });

export const hashOf = (revision: ControllerRevision): string => metaOf(revision).labels?.[REVISION_HASH] ?? '';

/** Removes the oldest of those that nothing refers to, down to the limit. */
export function truncated(
  history: History,
  limit: number,
  inUse: (revision: ControllerRevision) => boolean,
): Decision[] {
  const idle = history.all.filter((one) => one !== history.present && !inUse(one));
  return idle.slice(0, Math.max(0, idle.length - limit)).map((one) => remove(controllerRevisions, one));
}

/** The template a revision stands for. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const { template } =
    (data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined)?.spec ?? {};
  if (!template) return undefined;
  const { $patch: _, ...rest } = template;
  return rest as PodTemplateSpec;
}
