import type { Logger } from '../../platform/log.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Transcript } from './transcript.ts';

/** Something that production code wrote to its log as an error. */
export interface Complaint {
  readonly atMs: number;
  readonly host: string;
  readonly message: string;
}

/** The log of one host: errors are kept, everything from `info` on goes to the transcript. */
export function complaintLog(host: string, timeline: Timeline, kept: Complaint[], transcript: Transcript): Logger {
  const tell = (level: string) => (fields: object, message: string) =>
    transcript.line(timeline.nowMs, `${host} ${level}: ${message} ${textOf(fields)}`);
  const error = (fields: object, message: string) => {
    kept.push({ atMs: timeline.nowMs, host, message: `${message} ${textOf(fields)}` });
    tell('ERROR')(fields, message);
  };
  const log: Logger = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error, child: () => log };
  return log;
}

const textOf = (fields: object): string =>
  JSON.stringify(fields, (_key, value) => (value instanceof Error ? (value.stack ?? String(value)) : value)).slice(
    0,
    2_000,
  );
