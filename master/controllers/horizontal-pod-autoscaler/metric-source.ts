import type { MetricIdentifier } from '../../../api/autoscaling/metric.ts';
import type { UsageReader } from '../../agents/usage.ts';

/** Where an autoscaler's values come from. */
export interface MetricSource {
  /** What nodes and pods use; undefined while no agents are taken. */
  readonly usage: () => UsageReader | undefined;
  /** Metrics of applications; undefined: nobody was named who has them. */
  readonly metrics?: MetricReader;
}

/** The newest answers to queries that are asked again and again. `ask` never waits: what is not known yet is `pending`. */
export interface MetricReader {
  ask(query: string): MetricAnswer;
}

export type MetricAnswer =
  | { readonly state: 'pending' }
  | { readonly state: 'failed'; readonly message: string }
  /** One value for each value of the label `pod`; a query that keeps no labels has it under the empty name. */
  | { readonly state: 'known'; readonly values: ReadonlyMap<string, number> };

/** A metric's series in PromQL, with the conditions of its selector. */
export function seriesOf({ name, selector }: MetricIdentifier, conditions: readonly string[]): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    const any = JSON.stringify(values.map(escaped).join('|'));
    if (operator === 'In') return `${key}=~${any}`;
    if (operator === 'NotIn') return `${key}!~${any}`;
    return operator === 'Exists' ? `${key}!=""` : `${key}=""`;
  });
  return `${name}{${[...conditions, ...labels, ...expressions].join(',')}}`;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
