/**
 * What an onlooker could see of a cell, in the order in which it happened: what clients asked and were told, what watches said, and what ran
 * on each machine. The simulator and the soak over real parts both write it; the checkers (`checkers/`) read nothing else.
 */

/** An object as the API gave it. */
export type SeenObject = { readonly [field: string]: unknown };

/** Names one object, or one kind in one namespace where `name` is empty. `resource` is `group/plural`; `/pods` for the core group. */
export interface Target {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

export type Verb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'evict' | 'scale';

export type Observation = { readonly atMs: number } & (
  | {
      /** A client asks. `call` is unique in the history. */
      readonly type: 'asked';
      readonly client: string;
      readonly call: number;
      readonly verb: Verb;
      readonly target: Target;
      /** What is written; absent for reads and deletions. */
      readonly object?: SeenObject;
      /** The write holds only for this version of the object. */
      readonly resourceVersion?: string;
      /** Of a deletion, where it names one. */
      readonly graceSeconds?: number;
    }
  | {
      /** It is answered. A call without an answer may or may not have happened, at any time since. */
      readonly type: 'answered';
      readonly call: number;
      /** HTTP status code. */
      readonly code: number;
      /** The object in the answer, where it carries one: what was asked for, a list with its `items`, or the Status of a failure. */
      readonly object?: SeenObject;
    }
  | {
      /** A watch without selectors begins. The checkers follow the cell by those of the client `onlooker`, one of each kind for all namespaces. */
      readonly type: 'watching';
      readonly watch: number;
      readonly client: string;
      readonly target: Target;
      /** It tells of everything after this revision. */
      readonly from: string;
      /** The list at `from`. Absent where the watch goes on where an earlier one of this client ended. */
      readonly initial?: readonly SeenObject[];
    }
  | {
      readonly type: 'told';
      readonly watch: number;
      readonly change: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
      readonly object: SeenObject;
    }
  | { readonly type: 'unwatched'; readonly watch: number }
  | {
      /** A container of a pod began or ceased to run on a machine, seen at the machine itself. Machines are named as their nodes. */
      readonly type: 'container';
      readonly machine: string;
      readonly container: string;
      readonly podUid: string;
      readonly name: string;
      readonly running: boolean;
    }
  /** A machine lost its power, and with it all that ran there; or has it again. */
  | { readonly type: 'machine'; readonly machine: string; readonly up: boolean }
  /** The machine's agent was given the data of this object (Secrets, ConfigMaps). */
  | { readonly type: 'handed'; readonly machine: string; readonly target: Target }
  /** Sizes of queues and memories, by name; `limits` are those promised. */
  | {
      readonly type: 'sample';
      readonly of: string;
      readonly sizes: Readonly<Record<string, number>>;
      readonly limits?: Readonly<Record<string, number>>;
    }
  | { readonly type: 'fault'; readonly what: string; readonly begins: boolean }
  /** From here on nothing is disturbed any more, and users ask for nothing new. */
  | { readonly type: 'calm' }
  /** The time granted for coming to rest is over. */
  | { readonly type: 'end' }
);

/** A promise that was broken. */
export interface Violation {
  readonly checker: string;
  readonly atMs: number;
  /** What was promised and what was seen, on what. */
  readonly message: string;
}
