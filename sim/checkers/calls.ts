import type { Observation } from '../history.ts';

export type Asked = Extract<Observation, { type: 'asked' }>;
export type Answered = Extract<Observation, { type: 'answered' }>;

/** Owns the calls that wait for their answers, and brings the two together. */
export class OpenCalls {
  private readonly open = new Map<number, Asked>();

  /** The question, when this is an answer to one. */
  take(seen: Observation): Asked | undefined {
    if (seen.type === 'asked') this.open.set(seen.call, seen);
    if (seen.type !== 'answered') return undefined;
    const asked = this.open.get(seen.call);
    this.open.delete(seen.call);
    return asked;
  }

  /** Those that were never answered, so far. */
  unanswered(): Iterable<Asked> {
    return this.open.values();
  }
}

export const isDone = ({ code }: Answered): boolean => code >= 200 && code < 300;
