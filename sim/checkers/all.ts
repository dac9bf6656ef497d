import type { Observation, Violation } from '../history.ts';
import { AcknowledgedWrites } from './acknowledged.ts';
import { Bounded } from './bounded.ts';
import { Budgets } from './budgets.ts';
import { type Checker, type Promised, reporter } from './checker.ts';
import { Converged } from './converged.ts';
import { DEAD_ENDPOINT_MS, Endpoints } from './endpoints.ts';
import { Jobs } from './jobs.ts';
import { Linearizable } from './linearizable.ts';
import { OneMachine } from './one-machine.ts';
import { Ordinals } from './ordinals.ts';
import { Preemption } from './preemption.ts';
import { Quota } from './quota.ts';
import { Room } from './room.ts';
import { Secrets } from './secrets.ts';
import { SeenCell } from './seen-cell.ts';
import { Watches } from './watches.ts';

/** What the cell promises, whatever of what it is built for goes wrong, and who judges it. */
export const PROMISES: readonly Promised[] = [
  {
    name: 'acknowledged',
    promise: 'Every write that was acknowledged is in every later list, until somebody deletes the object.',
    begin: (report) => new AcknowledgedWrites(report),
  },
  {
    name: 'linearizable',
    promise:
      'What clients are told of an object can be explained by one order of events: no lost update, no stale read, no write that comes back.',
    begin: (report, cell) => new Linearizable(report, cell),
  },
  {
    name: 'watches',
    promise:
      'A watch tells of every change once, in order: what it has told by a revision is what a list at that revision shows.',
    begin: (report) => new Watches(report),
  },
  {
    name: 'room',
    promise: 'No pod is bound to a node where production would then have reserved more than the node offers.',
    begin: (report) => new Room(report),
  },
  {
    name: 'one machine',
    promise: 'The containers of a pod never run on two machines.',
    begin: (report) => new OneMachine(report),
  },
  {
    name: 'ordinals',
    promise:
      'A pod of a StatefulSet never runs twice at the same time, unless somebody deletes it, or its node, by force.',
    begin: (report, cell) => new Ordinals(report, cell),
  },
  {
    name: 'quota',
    promise: 'No pod is admitted with which its namespace would use more than its ResourceQuotas and BandQuotas grant.',
    begin: (report, cell) => new Quota(report, cell),
  },
  {
    name: 'budgets',
    promise: 'No eviction leaves fewer healthy pods than a PodDisruptionBudget wants.',
    begin: (report, cell) => new Budgets(report, cell),
  },
  {
    name: 'jobs',
    promise: 'A Job counts each end of a pod once, and is complete with as many completions as it asks for.',
    begin: (report, cell) => new Jobs(report, cell),
  },
  {
    name: 'preemption',
    promise:
      'No pod waits for room that pods of a band below its own hold, once faults have ended and time to make room has passed; and none is pushed out for one that may not push it out.',
    begin: (report, cell) => new Preemption(report, cell),
  },
  {
    name: 'endpoints',
    promise: `A Service points at no pod that has not been ready for ${DEAD_ENDPOINT_MS / 1_000} s, while nothing disturbs the cell.`,
    begin: (report, cell) => new Endpoints(report, cell),
  },
  {
    name: 'secrets',
    promise:
      'A Secret is given to no node none of whose pods uses it, or did until its master was cut off from the store.',
    begin: (report) => new Secrets(report),
  },
  {
    name: 'bounded',
    promise: 'Queues and memory stay within their bounds, and do not grow with time.',
    begin: (report) => new Bounded(report),
  },
  {
    name: 'converged',
    promise:
      'Once faults have ended, everything that is declared and can run does run, nothing else does, and what is to go is gone.',
    begin: (report, cell) => new Converged(report, cell),
  },
];

/** All checkers over one history, fed as it happens. Owns them and the cell as the onlooker saw it. */
export class Checkers {
  readonly violations: Violation[] = [];
  private readonly checkers: readonly Checker[];
  private readonly cell: SeenCell;

  constructor(promises: readonly Promised[] = PROMISES) {
    this.cell = new SeenCell(
      (change) => {
        for (const checker of this.checkers) checker.changed?.(change);
      },
      (gap) => {
        for (const checker of this.checkers) checker.missed?.(gap);
      },
    );
    this.checkers = promises.map(({ name, begin }) => begin(reporter(name, this.violations), this.cell));
  }

  take(seen: Observation): void {
    this.cell.take(seen);
    for (const checker of this.checkers) checker.take?.(seen);
  }

  /** The history is over, with or without its `end`. */
  finish(): readonly Violation[] {
    for (const checker of this.checkers) checker.finish?.();
    return this.violations;
  }
}

export function checkAll(history: Iterable<Observation>): readonly Violation[] {
  const checkers = new Checkers();
  for (const seen of history) checkers.take(seen);
  return checkers.finish();
}
