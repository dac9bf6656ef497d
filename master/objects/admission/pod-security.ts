import { type Namespace, namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden, invalid } from '../../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { AdmissionRequest, AdmissionRule } from './admission.ts';
import { labelFaults, nameOfStandard, type Standard, standardOf, violationsOf } from './pod-security-policy.ts';
import { type Subject, subjectOf } from './pod-security-subject.ts';

const AUDIT = 'pod-security.kubernetes.io/audit-violations';
const ENFORCED = 'pod-security.kubernetes.io/enforce-policy';
/** Pods of a namespace that are looked at when it becomes stricter, and how many kinds of violations are told. */
const MOST_PODS = 3_000;
const MOST_TOLD = 10;

/**
 * Pods keep to the Pod Security Standard that their namespace asks for by its labels: what is enforced is refused, what is warned of
 * or audited is told. Workloads are only told of what their pods will run into (Kubernetes docs, "Pod Security Admission").
 */
export const podSecurity: AdmissionRule = {
  name: 'PodSecurity',
  admit(request, view) {
    if (request.operation === 'delete') return undefined;
    if (isSameResource(request.resource, namespaces))
      return admitNamespace(request as AdmissionRequest<Namespace>, view);
    if (isSameResource(request.resource, pods)) return admitPod(request as AdmissionRequest<Pod>, view);
    tellOfTemplate(request, view);
    return undefined;
  },
};

const labelsOf = (view: CacheReader, object: ApiObject) =>
  view.get(namespaces, undefined, metaOf(object).namespace ?? '')?.metadata?.labels;

function admitPod(request: AdmissionRequest<Pod>, view: CacheReader): ApiError | undefined {
  const { object, previous, context } = request;
  // Of a pod that is there, only ephemeral containers may come to need other rights.
  if (previous && previous.spec?.ephemeralContainers === object.spec?.ephemeralContainers) return undefined;
  const labels = labelsOf(view, object);
  if (!labels || !object.spec) return undefined;
  const subject = subjectOf(object.spec, object.metadata?.annotations);
  const enforced = standardOf(labels, 'enforce');
  const violations = violationsOf(subject, enforced);
  if (enforced.level !== 'privileged') context.annotate?.(ENFORCED, nameOfStandard(enforced));
  tell(request, subject, labels, violations === '');
  if (violations === '') return undefined;
  const { name, generateName = '' } = metaOf(object);
  return forbidden(pods, name ?? generateName, `violates PodSecurity "${nameOfStandard(enforced)}": ${violations}`);
}

/** Puts violations of what is audited and warned of where they belong. Who is refused needs no warning. */
function tell({ context }: AdmissionRequest, subject: Subject, labels: Record<string, string>, warns: boolean): void {
  const would = (standard: Standard): string => {
    const violations = violationsOf(subject, standard);
    return violations && `would violate PodSecurity "${nameOfStandard(standard)}": ${violations}`;
  };
  const audited = context.annotate && would(standardOf(labels, 'audit'));
  if (audited) context.annotate?.(AUDIT, audited);
  const warned = warns && context.warn && would(standardOf(labels, 'warn'));
  if (warned) context.warn?.(warned);
}

interface Templated {
  template?: PodTemplateSpec;
  spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
}

/** Of any kind whose pods are made from a template. */
const templateOf = ({ template, spec }: Templated): PodTemplateSpec | undefined =>
  spec?.template ?? spec?.jobTemplate?.spec?.template ?? template;

function tellOfTemplate(request: AdmissionRequest, view: CacheReader): void {
  const { context, object, previous } = request;
  if (!context.warn && !context.annotate) return;
  const template = templateOf(object as Templated);
  if (!template?.spec?.containers || (previous && templateOf(previous as Templated) === template)) return;
  const labels = labelsOf(view, object);
  if (labels) tell(request, subjectOf(template.spec, template.metadata?.annotations), labels, true);
}

/** Labels must be readable; whoever becomes stricter is told which of the pods that are there would not be let in. */
function admitNamespace({ resource, object, previous, context }: AdmissionRequest<Namespace>, view: CacheReader) {
  const { name = '', labels } = metaOf(object);
  const faults = labelFaults(labels);
  const before = new Set(labelFaults(previous?.metadata?.labels).map(({ path, message }) => path + message));
  const fresh = faults.filter(({ path, message }) => !before.has(path + message));
  if (fresh.length > 0) return invalid(resource, name, fresh);
  const enforced = standardOf(labels, 'enforce');
  const former = standardOf(previous?.metadata?.labels, 'enforce');
  const isSame = enforced.level === former.level && enforced.minor === former.minor;
  if (!previous || isSame || enforced.level === 'privileged' || !context.warn) return undefined;
  for (const sentence of violators(view, name, enforced)) context.warn(sentence);
  return undefined;
}

function violators(view: CacheReader, namespace: string, standard: Standard): string[] {
  const byViolation = new Map<string, string[]>();
  for (const pod of view.list(pods, namespace).slice(0, MOST_PODS)) {
    const found = pod.spec && violationsOf(subjectOf(pod.spec, pod.metadata?.annotations), standard);
    if (!found) continue;
    const reasons = found.replace(/ \((?:[^()"]|"(?:[^"\\]|\\.)*")*\)/g, '');
    byViolation.set(reasons, [...(byViolation.get(reasons) ?? []), metaOf(pod).name ?? '']);
  }
  if (byViolation.size === 0) return [];
  const lines = [...byViolation].map(([reasons, [first = '', ...others]]) => {
    const more = others.length === 0 ? '' : ` (and ${others.length} other pod${others.length === 1 ? '' : 's'})`;
    return `${first}${more}: ${reasons}`;
  });
  const head = `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${nameOfStandard(standard)}"`;
  return [head, ...lines.slice(0, MOST_TOLD)];
}
