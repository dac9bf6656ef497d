import { since } from '../../api/meta/age.ts';
import { type Row, row } from './rows.ts';

/** `core/v1 Event`, as much as is shown of it. */
export interface EventObject {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string;
  lastTimestamp?: string;
  eventTime?: string;
  reportingComponent?: string;
  source?: { component?: string; host?: string };
  series?: { count?: number; lastObservedTime?: string };
  involvedObject?: { kind?: string; name?: string; namespace?: string; fieldPath?: string };
  metadata?: { name?: string; namespace?: string; creationTimestamp?: string; uid?: string; resourceVersion?: string };
}

const COLUMNS = ['Type', 'Reason', 'Age', 'From', 'Message'];
const RULE = ['----', '------', '----', '----', '-------'];

/** When the event was seen last. */
export const lastSeen = (event: EventObject): string | undefined =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp;

/** `3s`, or `3s (x4 over 1m)` for an event that happened several times. */
export function eventAge(event: EventObject, nowMs: number): string {
  const count = event.series?.count ?? event.count ?? 1;
  const last = since(lastSeen(event), nowMs);
  if (count <= 1) return since(event.firstTimestamp ?? lastSeen(event), nowMs);
  return `${last} (x${count} over ${since(event.firstTimestamp ?? event.eventTime ?? lastSeen(event), nowMs)})`;
}

/** The events of a description, oldest first. */
export function eventRows(events: readonly EventObject[], nowMs: number): Row[] {
  if (events.length === 0) return [['Events:', '<none>']];
  const sorted = [...events].sort((a, b) => ((lastSeen(a) ?? '') < (lastSeen(b) ?? '') ? -1 : 1));
  const cells = sorted.map((event) => [
    event.type ?? '',
    event.reason ?? '',
    eventAge(event, nowMs),
    event.source?.component || event.reportingComponent || '',
    (event.message ?? '').trim().replace(/\s*\n\s*/g, ' '),
  ]);
  return [['Events:'], ...[COLUMNS, RULE, ...cells].map((each) => row(1, ...each))];
}
