import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import type { User } from '../../user.ts';

/** What somebody wants to do (Kubernetes docs, "Authorization": request attributes). */
export type Action = ResourceAction | PathAction;

export interface ResourceAction {
  readonly type: 'resource';
  /** `get`, `list`, `create`, ..., or one of the special verbs (`impersonate`, `bind`, `escalate`). */
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version?: string;
  /** The plural. */
  readonly resource: string;
  readonly subresource?: string;
  /** Absent: cluster-wide, or all namespaces. */
  readonly namespace?: string;
  /** Absent: no one object in particular. */
  readonly name?: string;
  /** What a list or watch is narrowed to, as in its query. */
  readonly fieldSelector?: string;
}

export interface PathAction {
  readonly type: 'path';
  /** The method of HTTP in lower case. */
  readonly verb: string;
  readonly path: string;
}

export interface Verdict {
  readonly allowed: boolean;
  /** For people; may be empty. */
  readonly reason: string;
}

/** All that a user may do in one namespace. */
export interface Rules {
  readonly rules: readonly PolicyRule[];
  /** What could not be looked at: roles that are bound and do not exist. */
  readonly faults: readonly string[];
}

/** Says who may do what. Synchronous: it answers from what the cache holds, within microseconds. */
export interface Authorizer {
  authorize(user: User, action: Action): Verdict;
  /** Without a namespace: what is allowed everywhere. */
  rulesFor(user: User, namespace?: string): Rules;
}

/** Whose members may do everything, whatever the roles say: a cell cannot lock itself out. */
export const ADMINISTRATORS = 'system:masters';

export const isAdministrator = (user: User): boolean => user.groups.includes(ADMINISTRATORS);
