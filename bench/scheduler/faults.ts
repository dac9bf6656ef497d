import { metaOf } from '../../api/meta/object.ts';
import { ZONE } from './objects.ts';
import type { Placed } from './workload.ts';

/** What a workload demands of where its pods end up, checked by counting. Each returns the first fault, in words. */

type Fault = (placed: readonly Placed[]) => string | undefined;

/** No two pods of the color on a node. */
export const oneForEachNode =
  (color: string): Fault =>
  (placed) => {
    const counts = countBy(ofColor(placed, color), ({ node }) => metaOf(node).name ?? '');
    const [crowded] = [...counts].filter(([, count]) => count > 1);
    return (
      crowded && `${crowded[1]} pods of color ${color} share node ${crowded[0]}, and each wants to be the only one`
    );
  };

/** The fullest zone has at most `maxSkew` pods of the color more than the emptiest. */
export const evenOverZones =
  (color: string, maxSkew: number): Fault =>
  (placed) => {
    // A zone without a pod of the color has other pods: it counts as 0.
    const zoneOf = ({ node }: Placed) => metaOf(node).labels?.[ZONE] ?? '';
    const counts = new Map([...countBy(placed, zoneOf).keys()].map((zone) => [zone, 0]));
    for (const [zone, count] of countBy(ofColor(placed, color), zoneOf)) counts.set(zone, count);
    const skew = Math.max(...counts.values()) - Math.min(...counts.values());
    const found = [...counts].map(([zone, count]) => `${zone} ${count}`).join(', ');
    return skew > maxSkew
      ? `pods of color ${color} are uneven by ${skew}, with ${maxSkew} allowed: ${found}`
      : undefined;
  };

const ofColor = (placed: readonly Placed[], color: string): Placed[] =>
  placed.filter(({ pod }) => metaOf(pod).labels?.color === color);

function countBy(placed: readonly Placed[], key: (each: Placed) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const each of placed) counts.set(key(each), (counts.get(key(each)) ?? 0) + 1);
  return counts;
}
