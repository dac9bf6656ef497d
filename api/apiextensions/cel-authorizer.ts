import type { Environment } from '@marcbachmann/cel-js';

/**
 * `authorizer` in expressions: whether somebody may do something else (Kubernetes docs, "Common Expression Language in Kubernetes",
 * authorizer library).
 */

/** What may be asked for: a path, or a resource. */
export interface Permission {
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
}

/** Who is asked about, where it is not who makes the request. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** Says whether; throws where that cannot be found out. */
export type Decide = (
  permission: Permission,
  account?: Account,
) => { readonly allowed: boolean; readonly reason: string };

type Draft = Omit<Permission, 'verb'>;

/** The value of the variable `authorizer`. */
export class ExpressionAuthorizer {
  readonly decide: Decide;
  readonly account: Account | undefined;
  /** What the request is about. */
  readonly requestResource: PermissionCheck;

  constructor(decide: Decide, requestResource: Draft, account?: Account) {
    this.decide = decide;
    this.account = account;
    this.requestResource = new PermissionCheck(this, requestResource);
  }

  about(draft: Draft): PermissionCheck {
    return new PermissionCheck(this, draft);
  }
}

class PermissionCheck {
  readonly authorizer: ExpressionAuthorizer;
  readonly draft: Draft;

  constructor(authorizer: ExpressionAuthorizer, draft: Draft) {
    this.authorizer = authorizer;
    this.draft = draft;
  }

  with(more: Draft): PermissionCheck {
    return new PermissionCheck(this.authorizer, { ...this.draft, ...more });
  }

  check(verb: string): Decision {
    const { decide, account } = this.authorizer;
    try {
      return new Decision(decide({ ...this.draft, verb }, account), '');
    } catch (error) {
      return new Decision({ allowed: false, reason: '' }, error instanceof Error ? error.message : String(error));
    }
  }
}

class Decision {
  readonly verdict: ReturnType<Decide>;
  readonly fault: string;

  constructor(verdict: ReturnType<Decide>, fault: string) {
    this.verdict = verdict;
    this.fault = fault;
  }
}

export function registerAuthorizer(env: Environment): void {
  env
    .registerType('Authorizer', { ctor: ExpressionAuthorizer, fields: { requestResource: 'dyn' } } as never)
    .registerType('PermissionCheck', PermissionCheck as never)
    .registerType('Decision', Decision as never)
    .registerFunction('Authorizer.path(string): PermissionCheck', (it: ExpressionAuthorizer, path: string) =>
      it.about({ path }),
    )
    .registerFunction('Authorizer.group(string): PermissionCheck', (it: ExpressionAuthorizer, group: string) =>
      it.about({ group }),
    )
    .registerFunction(
      'Authorizer.serviceAccount(string, string): Authorizer',
      (it: ExpressionAuthorizer, namespace: string, name: string) =>
        new ExpressionAuthorizer(it.decide, it.requestResource.draft, { namespace, name }),
    );
  for (const part of ['resource', 'subresource', 'namespace', 'name', 'fieldSelector'] as const)
    env.registerFunction(`PermissionCheck.${part}(string): PermissionCheck`, (it: PermissionCheck, value: string) =>
      it.with({ [part]: value }),
    );
  env
    // Our rules look at no labels.
    .registerFunction('PermissionCheck.labelSelector(string): PermissionCheck', (it: PermissionCheck) => it)
    .registerFunction('PermissionCheck.check(string): Decision', (it: PermissionCheck, verb: string) => it.check(verb))
    .registerFunction('Decision.allowed(): bool', ({ verdict }: Decision) => verdict.allowed)
    .registerFunction('Decision.reason(): string', ({ verdict }: Decision) => verdict.reason)
    .registerFunction('Decision.errored(): bool', ({ fault }: Decision) => fault !== '')
    .registerFunction('Decision.error(): string', ({ fault }: Decision) => fault);
}
