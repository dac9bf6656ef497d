import type { Labels } from '../runtime.ts';

/** How an answer of the engine is taken. */

export const labelFilters = (labels: Labels): string[] =>
  Object.entries(labels).map(([key, value]) => `${key}=${value}`);

export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** Turns "there is none" into undefined. */
export function absent(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error;
}

/** Takes answers with these codes for success. */
export const ignore =
  (...codes: number[]) =>
  (error: unknown): undefined => {
    if (!codes.includes(statusOf(error) ?? 0)) throw error;
  };
