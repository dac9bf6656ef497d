import type { Container } from '../../../api/core/container.ts';
import type { LimitRangeItem } from '../../../api/core/limit-range.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { qosClassOf } from '../../../api/core/pod-resources.ts';
import { amountOf } from '../../../api/core/resource-requirements.ts';
import { setOwn } from '../../../api/meta/json.ts';
import { metaOf } from '../../../api/meta/object.ts';

/** Says on the pod what was filled in, as Kubernetes does. */
const ANNOTATION = 'kubernetes.io/limit-ranger';

type Amounts = Record<string, string>;
type Part = 'requests' | 'limits';

/** Gives containers that say nothing what the limit ranges have for them. Changes the pod. */
export function setLimitRangeDefaults(pod: Pod, limits: readonly LimitRangeItem[]): void {
  const items = limits.filter(({ type }) => type === 'Container');
  const filled = [
    ...fill(pod.spec?.containers, items, 'container'),
    ...fill(pod.spec?.initContainers, items, 'init container'),
  ];
  if (filled.length === 0) return;
  const meta = metaOf(pod);
  meta.annotations = { ...meta.annotations, [ANNOTATION]: `LimitRanger plugin set: ${filled.join('; ')}` };
  // Who asks for something is no longer of the class of those who ask for nothing.
  if (pod.status?.qosClass) pod.status.qosClass = qosClassOf(pod);
}

function fill(containers: readonly Container[] | undefined, items: readonly LimitRangeItem[], what: string): string[] {
  const defaults = { requests: merged(items, 'defaultRequest'), limits: merged(items, 'default') };
  return (containers ?? []).flatMap((container) =>
    (['requests', 'limits'] as const).flatMap((part) => {
      const names = fillPart(container, part, defaults[part]);
      const word = part === 'requests' ? 'request' : 'limit';
      return names.length > 0 ? [`${names.join(', ')} ${word} for ${what} ${container.name}`] : [];
    }),
  );
}

/** Of several limit ranges the first that has an amount. */
const merged = (items: readonly LimitRangeItem[], field: 'default' | 'defaultRequest'): Amounts =>
  Object.assign({}, ...items.map((item) => item[field]).toReversed()) as Amounts;

/** The names that were filled in, in order. */
function fillPart(container: Container, part: Part, defaults: Amounts): string[] {
  const present = container.resources?.[part];
  const missing = Object.keys(defaults)
    .filter((name) => amountOf(present, name) === undefined)
    .sort();
  if (missing.length === 0) return [];
  const amounts: Amounts = { ...present };
  for (const name of missing) setOwn(amounts, name, defaults[name]);
  container.resources = { ...container.resources, [part]: amounts };
  return missing;
}
