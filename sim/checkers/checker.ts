import type { Observation, Violation } from '../history.ts';
import type { Change, Gap, SeenCell } from './seen-cell.ts';

/** Says that the promise was broken: when, and in words what was promised and what was seen. */
export type Report = (atMs: number, message: string) => void;

/** Judges one history. It is fed observation by observation, and owns what it remembers of them. */
export interface Checker {
  take?(seen: Observation): void;
  /** The onlooker saw an object come, change or go. By then `SeenCell` shows it. */
  changed?(change: Change): void;
  /** The onlooker missed something; `SeenCell` and `changed` have shown by now what came of it. */
  missed?(gap: Gap): void;
  /** The history is over. */
  finish?(): void;
}

/** A promise, and how to begin to judge it. */
export interface Promised {
  readonly name: string;
  /** In words, for people. */
  readonly promise: string;
  begin(report: Report, cell: SeenCell): Checker;
}

/** Beyond these a checker has said enough. */
export const MAX_VIOLATIONS = 20;

export function reporter(checker: string, violations: Violation[]): Report {
  let told = 0;
  return (atMs, message) => {
    told += 1;
    if (told <= MAX_VIOLATIONS) violations.push({ checker, atMs, message });
  };
}
