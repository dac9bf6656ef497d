import { type IOptions, isRecoverableError } from 'etcd3';

/** What etcd3 asks for each call to a member. */
export type MemberPolicy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/** The member is not the one that is used now: the library then asks the next. */
class NotChosen extends Error {
  override readonly name = 'NotChosen';
}

/** A member without a leader answers, but knows nothing; it says so in words, and with codes that other troubles have too. */
const WITHOUT_LEADER = /no leader|request timed out|not capable|stopped/;

/**
 * Which member of an etcd cluster is spoken to: one at a time, the first as long as it works, so that one that is dead costs only those
 * who were speaking to it. Where it fails, the next takes its place.
 *
 * Owns: the choice. Reads and writes through any member are equal: each asks its leader.
 */
export class EtcdMembers {
  readonly #endpoints: readonly string[];
  #chosen = 0;

  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  get count(): number {
    return this.#endpoints.length;
  }

  /** For calls to this member: made once, if it is the chosen one. */
  policyOf(endpoint: string): MemberPolicy {
    const execute: MemberPolicy['execute'] = async (call, signal) => {
      if (this.#endpoints[this.#chosen] !== endpoint) throw new NotChosen(`${endpoint} is not asked now`);
      try {
        return await call({ signal: signal ?? new AbortController().signal });
      } catch (error) {
        this.#failed(endpoint, error);
        throw error;
      }
    };
    return { ...once, execute };
  }

  #failed(endpoint: string, error: unknown): void {
    if (!(error instanceof Error) || this.#endpoints[this.#chosen] !== endpoint) return;
    if (isRecoverableError(error) || WITHOUT_LEADER.test(error.message))
      this.#chosen = (this.#chosen + 1) % this.#endpoints.length;
  }
}

/**
 * Runs a call once. The library's own retries must be off: a transaction that is sent again after it happened fails its
 * compares and would be reported as refused.
 */
export const once: MemberPolicy = {
  _altReturn: undefined as never,
  onSuccess: () => ({ dispose() {} }),
  onFailure: () => ({ dispose() {} }),
  execute: async (call, signal) => call({ signal: signal ?? new AbortController().signal }),
};
