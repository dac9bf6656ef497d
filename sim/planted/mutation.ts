import type { AdmissionRule } from '../../master/objects/admission/admission.ts';
import type { Store } from '../../master/store/store.ts';
import type { Clock } from '../../platform/clock.ts';
import type { FromMaster } from '../../proto/messages.ts';
import type { FakeRuntime } from '../container-runtime.ts';

/**
 * A bug that is planted on purpose, by a hand put on a seam from outside, to prove that the checkers can fail. None is ever on unless it
 * is asked for by name. What a hand remembers it remembers for one process.
 */
export interface Mutation {
  /** What the author of the bug has done, for people. */
  readonly bug: string;
  /** Who must notice; any of these will do. */
  readonly caughtBy: readonly string[];
  /** The seeds within which somebody does. */
  readonly withinSeeds: number;
  /** Shows only after so long. */
  readonly calmMinutes?: number;
  /** The store as a master sees it. */
  store?(store: Store): Store;
  /** A master's rules over writes. */
  admission?(rules: readonly AdmissionRule[]): readonly AdmissionRule[];
  /** A master's clock. */
  clock?(clock: Clock): Clock;
  /** The machine's engine. */
  engine?(engine: FakeRuntime): void;
  /** What agents hear. Called once for each cell. */
  ears?(): (message: FromMaster) => FromMaster;
}

export type MutationTable = Readonly<Record<string, Mutation>>;
