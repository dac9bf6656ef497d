import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 go over to its linear engine when a regular expression backtracks without end, so that no pattern of a client (in the schema of
 * a custom resource, say) can hold the process. For patterns without flag `u` that need no looking back; to be called before they are made.
 */
export const searchInLinearTime = (): void =>
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
