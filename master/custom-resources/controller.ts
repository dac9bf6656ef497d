import { customResourceDefinitions } from '../../api/apiextensions/custom-resource-definition.ts';
import {
  CLEANUP_FINALIZER,
  type CustomResourceCondition,
  type CustomResourceDefinition,
  isConditionTrue,
} from '../../api/apiextensions/definition-schema.ts';
import { namesConflict } from '../../api/apiextensions/names-acceptance.ts';
import { type Catalogue, keptResources } from '../../api/meta/catalogue.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { metaOf } from '../../api/meta/object.ts';
import { timestamp } from '../../platform/clock.ts';
import { sameJson } from '../controllers/kit/canonical-json.ts';
import { type Controller, watch } from '../controllers/kit/controller.ts';
import { bounded, type Decision, remove, update, updateStatus, wake } from '../controllers/kit/decision.ts';

/** A definition whose resource is being taken on is looked at again after this long. */
const LOOK_AGAIN_MS = 200;

/**
 * Accepts the names of CustomResourceDefinitions and establishes them, and empties those that are being deleted before they go
 * (Kubernetes docs, "Create a CustomResourceDefinition", "Delete a CustomResourceDefinition").
 */
export function customResourceController(builtIn: Catalogue, catalogue: Catalogue): Controller {
  return {
    name: 'custom-resource',
    watches: [
      watch(customResourceDefinitions, ({ type, object }, view) => {
        const name = metaOf(object).name ?? '';
        // Names that one gives up another may be waiting for.
        const waiting = view
          .list(customResourceDefinitions)
          .filter((other) => !isConditionTrue(other, 'NamesAccepted') && other.spec?.group === object.spec?.group)
          .map((other) => metaOf(other).name ?? '');
        return type === 'deleted' ? waiting : [name, ...waiting];
      }),
    ],
    watchKind: (resource) =>
      resource.custom
        ? watch(resource, ({ type }) => (type === 'deleted' ? [`${resource.plural}.${resource.group}`] : []))
        : undefined,
    reconcile(view, key, nowMs) {
      const definition = view.get(customResourceDefinitions, undefined, key);
      if (!definition) return [];
      if (metaOf(definition).deletionTimestamp) {
        if (!metaOf(definition).finalizers?.includes(CLEANUP_FINALIZER)) return [];
        const resource = keptKindOf(catalogue, definition);
        if (!resource && isConditionTrue(definition, 'Established')) return [wake(LOOK_AGAIN_MS)];
        const objects = resource ? view.list(resource) : [];
        if (!resource || objects.length === 0) return [letGo(definition)];
        const dying = objects.filter((object) => !metaOf(object).deletionTimestamp);
        const removals = dying.map((object) => remove(resource, object, { propagationPolicy: 'Background' }));
        return [...report(definition, [TERMINATING], nowMs), ...bounded(removals)];
      }
      const conflict = namesConflict(definition, view.list(customResourceDefinitions), builtIn.resources);
      return report(
        definition,
        conditionsFor(definition, conflict),
        nowMs,
        conflict ? undefined : definition.spec?.names,
      );
    },
  };
}

const keptKindOf = (catalogue: Catalogue, { spec }: CustomResourceDefinition): ResourceDefinition | undefined =>
  keptResources(catalogue.resources).find(
    ({ group, plural }) => group === spec?.group && plural === spec?.names.plural,
  );

type Finding = Pick<CustomResourceCondition, 'type' | 'status' | 'reason' | 'message'>;

const TERMINATING: Finding = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
};

/** Once established, a definition stays so: its objects are there. */
function conditionsFor(definition: CustomResourceDefinition, conflict: ReturnType<typeof namesConflict>): Finding[] {
  const accepted: Finding = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  if (isConditionTrue(definition, 'Established')) return [accepted];
  const established: Finding = conflict
    ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
    : {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      };
  return [accepted, established];
}

function report(
  definition: CustomResourceDefinition,
  findings: readonly Finding[],
  nowMs: number,
  names?: NonNullable<CustomResourceDefinition['spec']>['names'],
): Decision[] {
  const { status } = definition;
  const conditions = findings.reduce((list, finding) => withFinding(list, finding, nowMs), status?.conditions ?? []);
  const next = { ...status, conditions, ...(names && { acceptedNames: names }) };
  if (sameJson(next, status)) return [];
  return [
    updateStatus(customResourceDefinitions, definition, (current) => {
      const from = current.status;
      current.status = { ...from, conditions, ...(names && { acceptedNames: names }) };
    }),
  ];
}

function withFinding(
  conditions: readonly CustomResourceCondition[],
  finding: Finding,
  nowMs: number,
): CustomResourceCondition[] {
  const before = conditions.find(({ type }) => type === finding.type);
  const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : timestamp(nowMs);
  const next = { lastTransitionTime, ...finding };
  return before ? conditions.map((each) => (each === before ? next : each)) : [...conditions, next];
}

const letGo = (definition: CustomResourceDefinition): Decision =>
  update(customResourceDefinitions, definition, (current) => {
    const left = metaOf(current).finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER) ?? [];
    metaOf(current).finalizers = left.length > 0 ? left : undefined;
  });
