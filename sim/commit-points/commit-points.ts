import type { Transaction } from '../../master/store/store.ts';
import { silentLogger } from '../../platform/log.ts';
import { SimulatedCell } from '../cell.ts';
import { Recorder } from '../record/recorder.ts';
import type { CommitTap } from '../store/store-link.ts';
import { RecordedClient } from '../users/recorded-client.ts';
import { handOf } from './hand.ts';
import { differences, outcomeOf } from './outcome.ts';
import type { Scenario } from './scenarios.ts';

/** The master dies right before its commit of this number (counted from the beginning of the scenario) is sent, or right after it was made. */
export interface Point {
  readonly commit: number;
  readonly when: 'before' | 'after';
}

export interface PointFailure {
  readonly scenario: string;
  readonly point: Point;
  /** Lines that only one of the two outcomes has. */
  readonly differences: readonly string[];
}

const WARM_UP_MS = 15_000;
const BEFORE_MS = 45_000;
const TAKES_MS = 90_000;
/** What a master that has died makes everything take longer. */
const LONGER_MS = 60_000;
const RESTART_MS = 1_000;
const SEED = 7;

/** Runs a scenario; `kill` says whether the master dies at this commit. */
async function play(scenario: Scenario, kill: (commit: number, when: Point['when']) => boolean): Promise<Played> {
  let armed = false;
  let commits = 0;
  const numbers = new WeakMap<Transaction, number>();
  const strike = (commit: number | undefined, when: Point['when']) => {
    if (commit === undefined || !kill(commit, when)) return;
    const [master] = cell.masters;
    master?.crash();
    cell.timeline.after(RESTART_MS, 'restart', () => master?.start());
  };
  const tap: CommitTap = {
    before(transaction) {
      // Not those by which the master keeps its leadership.
      if (!armed || !transaction.ops.some(({ key }) => key.startsWith('/registry/'))) return;
      commits += 1;
      numbers.set(transaction, commits);
      strike(commits, 'before');
    },
    after: (transaction) => strike(numbers.get(transaction), 'after'),
  };
  const cell = new SimulatedCell({ seed: SEED, nodes: 2, masters: 1, log: () => silentLogger, tap });
  const recorder = new Recorder(cell.timeline, () => {});
  const client = new RecordedClient('user', cell.client('user', 'user'), recorder);
  const hand = handOf(client, cell.timeline);
  try {
    cell.start();
    await cell.timeline.run(WARM_UP_MS);
    void hand.create('/namespaces', { metadata: { name: 'scenario' } }).then(() => scenario.before?.(hand));
    await cell.timeline.run(WARM_UP_MS + BEFORE_MS);
    armed = true;
    void scenario.act(hand);
    await cell.timeline.run(WARM_UP_MS + BEFORE_MS + (scenario.takesMs ?? TAKES_MS));
    const counted = commits;
    await cell.timeline.run(cell.timeline.nowMs + LONGER_MS);
    return { commits: counted, outcome: await outcomeOf(cell.store) };
  } finally {
    cell.leave();
  }
}

interface Played {
  readonly commits: number;
  readonly outcome: readonly string[];
}

/** The scenario without any trouble: how many commits it takes, and what there is in the end. */
export const undisturbed = (scenario: Scenario): Promise<Played> => play(scenario, () => false);

/** The same with a master that dies once; undefined where the outcome is the same. */
export async function disturbed(scenario: Scenario, expected: Played, point: Point): Promise<PointFailure | undefined> {
  let struck = false;
  const { outcome } = await play(scenario, (commit, when) => {
    if (struck || commit !== point.commit || when !== point.when) return false;
    struck = true;
    return true;
  });
  const found = struck ? differences(expected.outcome, outcome) : ['the commit never came'];
  return found.length > 0 ? { scenario: scenario.name, point, differences: found } : undefined;
}
