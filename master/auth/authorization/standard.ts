import type { User } from '../../user.ts';
import { type Action, type Authorizer, isAdministrator, type Rules, type Verdict } from './authorizer.ts';

const ALLOWED: Verdict = { allowed: true, reason: '' };
const EVERYTHING: Rules = {
  rules: [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
  faults: [],
};

/** Everybody may do everything. */
export const allowAll: Authorizer = { authorize: () => ALLOWED, rulesFor: () => EVERYTHING };

/** Members of `system:masters` may do everything; of others the rest decides, the first that allows. */
export class StandardAuthorizer implements Authorizer {
  readonly #parts: readonly Authorizer[];

  constructor(parts: readonly Authorizer[]) {
    this.#parts = parts;
  }

  authorize(user: User, action: Action): Verdict {
    if (isAdministrator(user)) return ALLOWED;
    const reasons: string[] = [];
    for (const part of this.#parts) {
      const verdict = part.authorize(user, action);
      if (verdict.allowed) return verdict;
      if (verdict.reason) reasons.push(verdict.reason);
    }
    return { allowed: false, reason: reasons.join(', ') };
  }

  rulesFor(user: User, namespace?: string): Rules {
    if (isAdministrator(user)) return EVERYTHING;
    const all = this.#parts.map((part) => part.rulesFor(user, namespace));
    return { rules: all.flatMap(({ rules }) => rules), faults: all.flatMap(({ faults }) => faults) };
  }
}
