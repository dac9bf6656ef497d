import { ageColumn, nameColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import type { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from './metric.ts';

/** Metrics shown; of others, the number. */
const SHOWN = 2;
const UNKNOWN = '<unknown>';

const percent = (value: number | undefined, otherwise: string): string =>
  value === undefined ? otherwise : `${value}%`;

/** Current and target amount, of each pod where the target says so. */
function amounts(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  return target?.averageValue !== undefined
    ? `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
    : `${current?.value ?? UNKNOWN}/${target?.value ?? UNKNOWN}`;
}

interface Resource<T> {
  readonly name: string;
  readonly target?: MetricTarget;
  readonly current?: T;
}

function resourceText(spec: Resource<never> | undefined, status: Resource<MetricValueStatus> | undefined): string {
  const { averageUtilization, averageValue } = spec?.target ?? {};
  const current = status?.current;
  const pair =
    averageValue !== undefined
      ? `${current?.averageValue ?? UNKNOWN}/${averageValue}`
      : `${percent(current?.averageUtilization, UNKNOWN)}/${percent(averageUtilization, '<auto>')}`;
  return `${spec?.name ?? ''}: ${pair}`;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return amounts(spec.external?.target, status?.external?.current);
    case 'Object':
      return amounts(spec.object?.target, status?.object?.current);
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue ?? UNKNOWN}`;
    case 'Resource':
      return resourceText(spec.resource, status?.resource);
    case 'ContainerResource':
      return resourceText(spec.containerResource, status?.containerResource);
    default:
      return '<unknown type>';
  }
}

/** `cpu: 12%/80%, 3/5 + 1 more...` */
function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, SHOWN).map((metric, index) => metricText(metric, status?.currentMetrics?.[index]));
  const more = metrics.length > SHOWN ? ` + ${metrics.length - SHOWN} more...` : '';
  return `${shown.join(', ')}${more}`;
}

const column = (
  name: string,
  description: string,
  value: (object: HorizontalPodAutoscaler) => string | number,
): Column<HorizontalPodAutoscaler> => ({ name, type: 'string', description, value });

export const horizontalPodAutoscalerColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  nameColumn,
  column('Reference', 'What is scaled.', ({ spec }) => {
    const { kind = '', name = '' } = spec?.scaleTargetRef ?? {};
    return `${kind}/${name}`;
  }),
  column('Targets', 'Values of the metrics, as they are and as they should be.', targetsText),
  column('MinPods', 'Least pods.', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
  column('MaxPods', 'Most pods.', ({ spec }) => spec?.maxReplicas ?? 0),
  column('Replicas', 'Pods there are.', ({ status }) => status?.currentReplicas ?? 0),
  ageColumn,
];
