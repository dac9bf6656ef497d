import { setTemplateDefaults } from '../core/pod-defaults.ts';
import { equalJson } from '../meta/json.ts';
import { metaOf } from '../meta/object.ts';
import type { DaemonSet, DaemonSetSpec } from './daemon-set.ts';

/**
 * Counts the changes of the template. Pods carry the number as a label in old versions of Kubernetes, and clients that know those
 * still look at it.
 */
export const TEMPLATE_GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';

function setStrategyDefaults(spec: DaemonSetSpec): void {
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type !== 'RollingUpdate') return;
  strategy.rollingUpdate ??= {};
  strategy.rollingUpdate.maxUnavailable ??= 1;
  strategy.rollingUpdate.maxSurge ??= 0;
}

export function setDaemonSetDefaults(set: DaemonSet): void {
  set.spec ??= { selector: {}, template: {} };
  setStrategyDefaults(set.spec);
  set.spec.revisionHistoryLimit ??= 10;
  setTemplateDefaults(set.spec.template);
}

function setCount(set: DaemonSet, count: number): void {
  const meta = metaOf(set);
  meta.annotations = { ...meta.annotations, [TEMPLATE_GENERATION_ANNOTATION]: String(count) };
}

export const startTemplateCount = (set: DaemonSet): void => setCount(set, 1);

/** Clients cannot set the count. A template that says less than before only because defaults are missing has not changed. */
export function countTemplateChange(next: DaemonSet, previous: DaemonSet): void {
  const count = Number(previous.metadata?.annotations?.[TEMPLATE_GENERATION_ANNOTATION] ?? 1) || 1;
  const filled = structuredClone(next);
  setDaemonSetDefaults(filled);
  setCount(next, equalJson(filled.spec?.template, previous.spec?.template) ? count : count + 1);
}
