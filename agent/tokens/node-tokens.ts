import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { AskMaster } from '../master-call.ts';
import { podKey } from '../pod-types.ts';
import { fetchToken } from './fetch-token.ts';
import { shownToken } from './shown-token.ts';
import { Tokens } from './tokens.ts';

export interface NodeTokensParts {
  readonly ask: AskMaster;
  /** The agent's own directory for a pod. */
  readonly podDir: (uid: string) => string;
  readonly changed: (uid: string) => void;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** Tokens that the master gives, and that volumes on this machine's disk show. */
export function nodeTokens({ ask, podDir, changed, clock, rng }: NodeTokensParts): Tokens {
  return new Tokens({
    fetch: (pod, wish) => fetchToken(pod, wish, ask),
    shown: (pod, place) => shownToken(podDir(podKey(pod).uid), place, clock.now()),
    ...{ changed, clock, rng },
  });
}
