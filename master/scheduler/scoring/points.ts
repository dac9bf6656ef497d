/** Points are multiples of 1 / STEPS, which a double holds exactly. */
const STEPS = 1024;

/**
 * A share (0..1, clamped) as points (0..100), rounded to the nearest 1/1024 point, half up. Two nodes that a formula calls equal
 * so get equal points, in whatever order it is computed; the choice between them is then by slot and not by the last bit.
 */
export function points(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 100 * STEPS) / STEPS;
}
