import { Trouble } from '../trouble.ts';

/** The exit code that shells expect of what Ctrl-C ended. */
const INTERRUPTED = 130;

/** The same items, until the signal aborts: then throws `Trouble`, whose sentence ends with what has come of the work. */
export async function* untilStopped<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
  outcome: string,
): AsyncGenerator<T> {
  for await (const item of items) {
    if (signal.aborted) throw new Trouble(`stopped on request: ${outcome}`, INTERRUPTED);
    yield item;
  }
}
