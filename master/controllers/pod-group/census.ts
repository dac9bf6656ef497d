import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type PodGroupReference, podGroupOf } from '../../../api/stowage/pod-group.ts';
import type { Change } from '../../store/cache.ts';

/** How the pods of one group stand. */
export interface Headcount {
  total: number;
  /** Have a node, also those that have ended. */
  scheduled: number;
  running: number;
  succeeded: number;
  failed: number;
}

/** `API group/namespace/name`. */
export const groupKey = ({ apiGroup, name }: PodGroupReference, namespace: string): string =>
  `${apiGroup}/${namespace}/${name}`;

const NOBODY: Headcount = { total: 0, scheduled: 0, running: 0, succeeded: 0, failed: 0 };

/**
 * How the pods of each group stand, kept up to date change by change; nothing is ever counted again.
 *
 * Owns: one count per group that has pods, whether there is such an object or not.
 */
export class Census {
  readonly #counts = new Map<string, Headcount>();

  of(key: string): Readonly<Headcount> {
    return this.#counts.get(key) ?? NOBODY;
  }

  /** Takes a change of the cache in; returns the groups for which it made a difference. */
  apply({ type, object, previous }: Change<Pod>): string[] {
    const before = previous && keyOfGroup(previous);
    const after = type === 'deleted' ? undefined : keyOfGroup(object);
    if (before === undefined && after === undefined) return [];
    // Most changes are of conditions and containers.
    if (previous && before === after && isSameStanding(previous, object)) return [];
    if (previous && before !== undefined) this.#count(before, previous, -1);
    if (after !== undefined) this.#count(after, object, 1);
    return [...new Set([before, after])].filter((key) => key !== undefined);
  }

  #count(key: string, { spec, status }: Pod, sign: 1 | -1): void {
    const count = this.#counts.get(key) ?? { ...NOBODY };
    count.total += sign;
    if (spec?.nodeName) count.scheduled += sign;
    if (status?.phase === 'Running') count.running += sign;
    if (status?.phase === 'Succeeded') count.succeeded += sign;
    if (status?.phase === 'Failed') count.failed += sign;
    if (count.total > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

function keyOfGroup(pod: Pod): string | undefined {
  const reference = podGroupOf(pod);
  return reference && groupKey(reference, metaOf(pod).namespace ?? '');
}

const isSameStanding = (a: Pod, b: Pod): boolean =>
  a.status?.phase === b.status?.phase && Boolean(a.spec?.nodeName) === Boolean(b.spec?.nodeName);
