import type { PlacementStatus } from '../../api/stowage/placement.ts';
import { type Row, row } from './rows.ts';

/** Why no node takes a pod, and what would change that; nothing for a pod of which there is no more to say than its message. */
export function explanationRows(level: number, { reasons, nearest, remedies }: PlacementStatus): Row[] {
  const counts = reasons.map(({ nodes }) => String(nodes));
  const width = Math.max(0, ...counts.map((count) => count.length));
  return [
    ...list(
      level,
      'Reasons:',
      reasons.map(({ reason }, index) => `${counts[index]!.padStart(width)}  ${reason}`),
    ),
    ...(nearest ? [row(level, `Nearest: ${nearest.node} lacks ${nearest.lacks.join('; ')}`)] : []),
    ...list(
      level,
      'What would help:',
      remedies.map(({ text }) => text),
    ),
  ];
}

/** Lines under a heading; nothing at all when there are none. */
const list = (level: number, heading: string, texts: readonly string[]): Row[] =>
  texts.length > 0 ? [row(level, heading), ...texts.map((text) => row(level + 1, text))] : [];
