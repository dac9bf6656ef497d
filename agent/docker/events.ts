import type { Clock } from '../../platform/clock.ts';
import type { Labels, Subscription, WatchHandlers } from '../runtime.ts';
import { labelFilters } from './answers.ts';
import { containerEvent, EVENT_ACTIONS } from './container-info.ts';
import type { Engine } from './engine.ts';
import { runtimeError } from './errors.ts';
import { jsonLines } from './streams.ts';

/** Asked of the event stream again, so that nothing falls between its first byte and the engine's own subscription. */
const EVENT_OVERLAP_MS = 2_000;

/** See {@link ContainerRuntime.watch}; `closing` ends it too. */
export async function watchContainers(
  engine: Engine,
  clock: Clock,
  labels: Labels,
  handlers: WatchHandlers,
  closing: AbortSignal,
): Promise<Subscription> {
  const closed = new AbortController();
  const signal = AbortSignal.any([closed.signal, closing]);
  const since = ((clock.now() - EVENT_OVERLAP_MS) / 1000).toFixed(3);
  const filters = JSON.stringify({ type: ['container'], event: EVENT_ACTIONS, label: labelFilters(labels) });
  const body = await engine.stream('watch containers', '/events', { since, filters }, signal);
  void deliver(body, handlers, signal);
  return { close: () => closed.abort() };
}

async function deliver(body: NodeJS.ReadableStream, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
  let reason: Error = new Error('the Docker engine ended the stream of events');
  try {
    for await (const value of jsonLines(body as AsyncIterable<Uint8Array>)) {
      if (signal.aborted) return;
      const event = containerEvent(value);
      if (event) handlers.event(event);
    }
  } catch (error) {
    reason = runtimeError('watch containers', error);
  }
  if (!signal.aborted) handlers.lost(reason);
}
