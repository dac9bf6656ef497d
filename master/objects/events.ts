import type { ApiObject } from '../../api/meta/object.ts';

/** Something worth telling a person about an object (core/v1 Event). */
export interface EventNote {
  about: ApiObject;
  type: 'Normal' | 'Warning';
  /** CamelCase, machine-readable: `FailedScheduling`. */
  reason: string;
  message: string;
  /** Who says so: `scheduler`, `deployment-controller`, `agent/NODE`. */
  component: string;
  /** How often since it was last told of, and when first and last (wall time, milliseconds since the epoch). Default: once, now. */
  happened?: { readonly count: number; readonly firstMs: number; readonly lastMs: number };
}

/**
 * Records events. Same object, reason, message and component within a while count up one Event instead of making more. Never
 * throws and never blocks: events are best effort, bounded, and dropped (counted in a metric) when the store cannot keep up.
 */
export interface EventRecorder {
  record(note: EventNote): void;
}
