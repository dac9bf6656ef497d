import { each, nonNegative, optionalName, repeated, requiredName } from '../core/checks.ts';
import { validatePersistentVolumeClaim } from '../core/persistent-volume-claim-validation.ts';
import type { PodTemplateSpec } from '../core/pod-template.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { duplicate, forbiddenField, invalidValue, required } from '../meta/validation.ts';
import { isZeroCount, validateAtMostWhole, validateCountOrPercent } from './percent.ts';
import type { StatefulSet, StatefulSetSpec } from './stateful-set.ts';
import { validateSelectorAndTemplate } from './template-validation.ts';

/** Faults of stateful sets ("StatefulSets"). */

type ClaimTemplates = StatefulSetSpec['volumeClaimTemplates'];

const AT = 'spec.updateStrategy.rollingUpdate';
/** In the order of Kubernetes' message. */
const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

function strategyFaults({ updateStrategy }: StatefulSetSpec): FieldError[] {
  const rolling = updateStrategy?.rollingUpdate;
  if (!rolling) return [];
  if (updateStrategy.type === 'OnDelete')
    return [invalidValue(AT, rolling, "only allowed for updateStrategy 'RollingUpdate'")];
  const { maxUnavailable, partition } = rolling;
  return [
    ...nonNegative(`${AT}.partition`, partition),
    ...validateCountOrPercent(maxUnavailable, `${AT}.maxUnavailable`),
    ...validateAtMostWhole(maxUnavailable, `${AT}.maxUnavailable`),
    ...(isZeroCount(maxUnavailable) ? [invalidValue(`${AT}.maxUnavailable`, maxUnavailable, 'cannot be 0')] : []),
  ];
}

const claimFaults = (templates: ClaimTemplates): FieldError[] => {
  const path = 'spec.volumeClaimTemplates';
  return [
    ...each(templates, path, (claim, at) => [
      ...requiredName('label', `${at}.metadata.name`, claim.metadata?.name),
      ...validatePersistentVolumeClaim(claim).map((fault) => ({ ...fault, path: `${at}.${fault.path}` })),
    ]),
    ...repeated(templates ?? [], (claim) => claim.metadata?.name ?? '').map(([claim, index]) =>
      duplicate(`${path}[${index}].metadata.name`, claim.metadata?.name ?? ''),
    ),
  ];
};

/** The template as its pods will have it: a volume for each claim, in place of one of the same name. */
function withClaims(template: PodTemplateSpec | undefined, claims: ClaimTemplates): PodTemplateSpec | undefined {
  if (!template?.spec || !claims?.length) return template;
  const names = new Set(claims.flatMap((claim) => claim.metadata?.name ?? []));
  const own = (template.spec.volumes ?? []).filter((volume) => !names.has(volume.name));
  const made = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...template.spec, volumes: [...own, ...made] } };
}

export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  if (!spec) return [required('spec')];
  return [
    ...strategyFaults(spec),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    ...optionalName('label', 'spec.serviceName', spec.serviceName),
    ...claimFaults(spec.volumeClaimTemplates),
    ...validateSelectorAndTemplate(spec.selector, withClaims(spec.template, spec.volumeClaimTemplates), 'statefulset'),
  ];
}

/** What names its pods and their claims is settled once. */
export function validateStatefulSetUpdate(next: StatefulSet, previous: StatefulSet): FieldError[] {
  const settled = ({ spec }: StatefulSet): unknown => {
    const rest: Partial<StatefulSetSpec> = { ...spec };
    for (const field of MUTABLE) delete rest[field];
    return rest;
  };
  if (equalJson(settled(next), settled(previous))) return [];
  const allowed = MUTABLE.map((field) => `'${field}'`);
  return [
    forbiddenField(
      'spec',
      `updates to statefulset spec for fields other than ${allowed.slice(0, -1).join(', ')} and ${allowed.at(-1)} are forbidden`,
    ),
  ];
}
