/**
 * A part of a running program. Constructors only remember; `start` acquires (sockets, timers, children) and resolves once the
 * part serves; `stop` releases in the reverse order, waits for what is under way, and may be called twice.
 */
export interface Service {
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}
