import type { PartRules } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { duplicate, forbiddenField } from '../meta/validation.ts';
import { each } from './checks.ts';
import type { EphemeralContainer } from './container.ts';
import { validateContainer } from './container-validation.ts';
import type { Pod } from './pod.ts';
import type { PodSpec } from './pod-spec.ts';

/** Containers added to a running pod to look into it (Kubernetes docs, "Ephemeral Containers"). */

const NOT_FOR_THEM = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const;

/** Faults of a pod's ephemeral containers. `previous`: the pod before an update; a new pod can have none. */
export function validateEphemeralContainers({ spec }: Pod, previous: Pod | undefined): FieldError[] {
  const path = 'spec.ephemeralContainers';
  if (!spec?.ephemeralContainers?.length) return [];
  if (!previous) return [forbiddenField(path, 'cannot be set on create')];
  const { containers, initContainers = [] } = spec;
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  return each(spec.ephemeralContainers, path, (container, at) => {
    const taken = names.has(container.name) ? [duplicate(`${at}.name`, container.name)] : [];
    names.add(container.name);
    return [...taken, ...validateContainer(container, spec, at), ...ownFaults(container, spec, at)];
  });
}

function ownFaults(container: EphemeralContainer, { containers }: PodSpec, path: string): FieldError[] {
  const { targetContainerName: target, resources, volumeMounts } = container;
  const why = 'cannot be set for an Ephemeral Container';
  const set = NOT_FOR_THEM.filter((field) => container[field] !== undefined);
  const sized = Object.keys(resources ?? {}).length > 0;
  return [
    ...[...set, ...(sized ? ['resources'] : [])].map((field) => forbiddenField(`${path}.${field}`, why)),
    ...each(volumeMounts, `${path}.volumeMounts`, ({ subPath, subPathExpr }, at) => [
      ...(subPath ? [forbiddenField(`${at}.subPath`, why)] : []),
      ...(subPathExpr ? [forbiddenField(`${at}.subPathExpr`, why)] : []),
    ]),
    ...(target && !containers.some(({ name }) => name === target)
      ? [
          {
            type: 'FieldValueNotFound' as const,
            path: `${path}.targetContainerName`,
            message: `Not found: ${JSON.stringify(target)}`,
          },
        ]
      : []),
  ];
}

/** What a write of the subresource `ephemeralcontainers` may change: there can be more of them, and nothing else. */
export const ephemeralContainerRules: PartRules<Pod> = {
  prepareForUpdate(next, previous) {
    const { ephemeralContainers } = next.spec ?? { containers: [] };
    const { ephemeralContainers: _before, ...spec } = previous.spec ?? { containers: [] };
    next.spec = { ...spec, ...(ephemeralContainers && { ephemeralContainers }) };
    next.status = previous.status;
    next.metadata = { ...previous.metadata, managedFields: next.metadata?.managedFields };
  },
  validateUpdate(next, previous) {
    const kept = new Map(next.spec?.ephemeralContainers?.map((container) => [container.name, container]));
    return (previous.spec?.ephemeralContainers ?? []).flatMap((container) => {
      const now = kept.get(container.name);
      if (now && equalJson(now, container)) return [];
      const what = `existing ephemeral containers "${container.name}" may not be ${now ? 'changed' : 'removed'}\n`;
      return [forbiddenField('spec.ephemeralContainers', what)];
    });
  },
};
