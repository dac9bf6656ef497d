import { conditionOf } from '../../../api/core/conditions.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { parseTimeMs } from '../pods/pod-state.ts';

/**
 * How fast nodes that fell silent lose their pods (Kubernetes docs, "Nodes", "Rate limits on eviction"): one node of a zone every ten
 * seconds. When much of a zone is silent it is rather the network that is ill: then a large zone goes on at a tenth of that, a small
 * one waits, and where no node of the cell is heard at all nobody is moved.
 */
const NODE_EVERY_MS = 10_000;
const SLOW_EVERY_MS = 100_000;
const ILL_SHARE = 0.55;
/** Fewer silent nodes than this say nothing about their zone. */
const LEAST_SILENT = 3;
/** A zone of more nodes is large. */
const LARGE_ZONE = 50;

/** Looked at again after so long, though nothing changed. */
const HALT_CHECK_MS = 10_000;

interface Zone {
  readonly size: number;
  readonly silent: number;
  /** When a node of it last began to lose its pods. */
  readonly lastMs: number;
}

/** How long a silent node is to wait until its pods are moved; 0: no longer. Walks through the nodes: ask for nodes that are lost. */
export function evictionWaitMs(view: CacheReader, node: Node, nowMs: number): number {
  const zones = new Map<string, Zone>();
  for (const one of view.list(nodes)) {
    const name = zoneOf(one);
    const { size, silent, lastMs } = zones.get(name) ?? { size: 0, silent: 0, lastMs: 0 };
    zones.set(name, {
      size: size + 1,
      silent: silent + (isSilent(one) ? 1 : 0),
      lastMs: Math.max(lastMs, evictedSinceMs(one)),
    });
  }
  if ([...zones.values()].every(({ size, silent }) => silent === size)) return HALT_CHECK_MS;
  const { size, silent, lastMs } = zones.get(zoneOf(node)) ?? { size: 1, silent: 1, lastMs: 0 };
  // Of a zone that is silent as a whole, while others are not, the machines are down.
  const ill = silent < size && silent >= LEAST_SILENT && silent / size >= ILL_SHARE;
  if (ill && size <= LARGE_ZONE) return HALT_CHECK_MS;
  return Math.max(0, lastMs + (ill ? SLOW_EVERY_MS : NODE_EVERY_MS) - nowMs);
}

const zoneOf = (node: Node): string => {
  const { labels = {} } = metaOf(node);
  return `${labels['topology.kubernetes.io/region'] ?? ''}/${labels['topology.kubernetes.io/zone'] ?? ''}`;
};

const isSilent = ({ status }: Node): boolean => conditionOf(status?.conditions, 'Ready')?.status !== 'True';

const KEYS = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'];

function evictedSinceMs({ spec }: Node): number {
  const times = spec?.taints?.filter(({ key, effect }) => effect === 'NoExecute' && KEYS.includes(key)) ?? [];
  return Math.max(0, ...times.map(({ timeAdded }) => parseTimeMs(timeAdded)));
}
