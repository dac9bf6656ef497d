import type { Found } from '../node-report.ts';

/** What was found out about the machine beside its resources. */
export interface MachineHealth {
  /** Directories that cannot be written to because their file system is mounted read-only. */
  readonly readOnly: readonly string[];
  /** How far this machine's clock is ahead of the master's, in milliseconds; undefined: not known. */
  readonly clockAheadMs: number | undefined;
}

/** Beyond this, certificates, tokens and time stamps of the two sides begin to contradict each other. */
export const MOST_SKEW_MS = 30_000;

/**
 * Conditions of the node beyond Kubernetes' own, under the names of its node problem detector where that has one. Their words do not
 * change from look to look, so that they are no news.
 */
export function problemConditions({ readOnly, clockAheadMs }: MachineHealth): Found[] {
  return [readOnlyCondition(readOnly), clockCondition(clockAheadMs)];
}

function readOnlyCondition(dirs: readonly string[]): Found {
  const type = 'ReadonlyFilesystem';
  if (dirs.length === 0)
    return {
      type,
      status: 'False',
      reason: 'FilesystemIsNotReadOnly',
      message: 'the data directories can be written to',
    };
  const message = `the file system of ${dirs.join(' and ')} is mounted read-only: look for errors of the disk in the kernel's log`;
  return { type, status: 'True', reason: 'FilesystemIsReadOnly', message };
}

function clockCondition(aheadMs: number | undefined): Found {
  const type = 'ClockSkew';
  if (aheadMs === undefined)
    return {
      type,
      status: 'Unknown',
      reason: 'NotCompared',
      message: "the clock has not been compared with the master's",
    };
  if (Math.abs(aheadMs) <= MOST_SKEW_MS)
    return { type, status: 'False', reason: 'ClockInStep', message: "the clock agrees with the master's" };
  const minutes = Math.max(1, Math.round(Math.abs(aheadMs) / 60_000));
  const message = `the clock is about ${minutes} min ${aheadMs > 0 ? 'ahead of' : 'behind'} the master's: let both follow a time server`;
  return { type, status: 'True', reason: 'ClockOutOfStep', message };
}
