import type { ObservedPod } from './state.ts';
import type { Step } from './steps.ts';

/**
 * Asks for what ended containers left to say (Kubernetes, "Determine the Reason for Pod Failure"), once for each. One that never
 * started has said nothing.
 */
export function unreadLastWords({ containers, lastWords }: ObservedPod): Step[] {
  return containers
    .filter(({ id, role, state, error }) => role !== 'sandbox' && state === 'exited' && !error && !lastWords.has(id))
    .map(({ id, name }) => ({ type: 'readLastWords', container: name, id }));
}
