import { seededRng } from '../platform/rng.ts';
import { SimulatedCell } from './cell.ts';
import { FaultPlan } from './faults/fault-plan.ts';
import type { FaultName } from './faults/faults.ts';
import type { Observation, Violation } from './history.ts';
import type { Mutation } from './planted/mutation.ts';
import { type Complaint, complaintLog } from './record/complaints.ts';
import { machineOnlooker } from './record/machine-onlooker.ts';
import { type Occasion, Occasions } from './record/occasions.ts';
import { Recorder } from './record/recorder.ts';
import { Transcript } from './record/transcript.ts';
import { Life } from './time/life.ts';
import { declareLoad } from './users/load.ts';
import { Racer } from './users/racer.ts';
import { RecordedClient } from './users/recorded-client.ts';
import { User } from './users/user.ts';
import { Watcher } from './users/watcher.ts';

export interface RunOptions {
  readonly seed: number;
  /** Of trouble; what comes before and after is not counted. */
  readonly hours: number;
  /** After the last fault everything must be as declared within this time. */
  readonly calmMinutes: number;
  readonly nodes: number;
  readonly masters: number;
  readonly users: number;
  /** A load that is there from the start. */
  readonly pods: number;
  readonly faults: readonly FaultName[];
  /** No more than so many of the faults that the seed draws. */
  readonly mostFaults?: number;
  /** The run ends at this event, and is judged by what was seen until then. */
  readonly mostEvents?: number;
  readonly transcript?: boolean;
  readonly mutation?: Mutation;
  /** Ends the run early: what is looked for has been seen. */
  readonly enough?: () => boolean;
  readonly judge: () => Judge;
  readonly progress?: (share: number) => void;
}

/** Judges what was seen, as it comes. */
export interface Judge {
  take(seen: Observation): void;
  finish(): readonly Violation[];
}

export interface RunResult {
  readonly events: number;
  readonly hash: string;
  readonly simulatedMs: number;
  readonly faults: ReadonlyMap<FaultName, number>;
  /** How many faults the seed has drawn, whether they found something to strike or not. */
  readonly drawn: number;
  readonly occasions: ReadonlyMap<Occasion, number>;
  readonly violations: readonly Violation[];
  /** What production code itself called an error. */
  readonly complaints: readonly Complaint[];
  readonly transcript: Transcript;
  readonly calls: number;
}

/** Before anything goes wrong, everything comes up. */
const WARM_UP_MS = 60_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The part of the calm time after which users have come to their ends, too. */
const QUITTING_SHARE = 1 / 6;
const USER_EVERY_MS = 8_000;
const FAULT_EVERY_MS = 12_000;

/** One cell from its first start until it has come to rest after all its trouble. */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const judge = options.judge();
  const calmMs = options.calmMinutes * MINUTE_MS;
  const transcript = new Transcript(options.transcript ? Number.POSITIVE_INFINITY : 0);
  const complaints: Complaint[] = [];
  const occasions = new Occasions();
  const rng = seededRng(options.seed ^ 0x5eed);
  let recorder: Recorder;
  const cell = new SimulatedCell({
    ...options,
    drift: 0.0005,
    onlooker: machineOnlooker((note) => recorder.note(note)),
    log: (host, timeline) => complaintLog(host, timeline, complaints, transcript),
  });
  recorder = new Recorder(cell.timeline, (seen) => {
    transcript.take(seen);
    occasions.take(seen);
    judge.take(seen);
  });
  const unhandled = (error: unknown) =>
    complaints.push({ atMs: cell.timeline.nowMs, host: 'process', message: `unhandled: ${stackOf(error)}` });
  process.on('unhandledRejection', unhandled);
  const { mostEvents = Number.POSITIVE_INFINITY } = options;
  const enough = () => cell.timeline.trace.events >= mostEvents || options.enough?.() === true;
  const until = async (ms: number) => {
    const fromMs = cell.timeline.nowMs;
    const totalMs = WARM_UP_MS + options.hours * HOUR_MS + calmMs;
    for (let at = fromMs; at < ms; ) {
      at = Math.min(ms, at + 60_000);
      await cell.timeline.run(at, enough);
      options.progress?.(at / totalMs);
    }
  };
  try {
    cell.start();
    await recorder.follow(cell.store);
    const load = declareLoad(cell, recorder, options.pods);
    await until(WARM_UP_MS);
    void load;
    sampleSizes(cell, recorder);
    const people = startUsers(cell, recorder, options.users, rng.int(2 ** 32));
    const plan = new FaultPlan({
      ...{ cell, recorder, names: options.faults, most: options.mostFaults, everyMs: FAULT_EVERY_MS },
      rng: seededRng(rng.int(2 ** 32)),
    });
    plan.start();
    await until(WARM_UP_MS + options.hours * HOUR_MS);
    plan.end();
    cell.recover();
    const quitting = people.map((person) => person.quit());
    await until(cell.timeline.nowMs + calmMs * QUITTING_SHARE);
    void quitting;
    recorder.note({ type: 'calm' });
    await until(cell.timeline.nowMs + calmMs * (1 - QUITTING_SHARE));
    recorder.note({ type: 'end' });
    const { events, hash } = cell.timeline.trace;
    return {
      ...{ events, hash, simulatedMs: cell.timeline.nowMs, faults: plan.counts, drawn: plan.drawn },
      ...{ complaints, transcript, occasions: occasions.counts },
      violations: judge.finish(),
      calls: recorder.calls,
    };
  } finally {
    process.off('unhandledRejection', unhandled);
    cell.leave();
  }
}

function startUsers(cell: SimulatedCell, recorder: Recorder, count: number, seed: number): { quit(): Promise<void> }[] {
  const rng = seededRng(seed);
  const fork = () => seededRng(rng.int(2 ** 32));
  const nodes = cell.machines.map(({ name }) => name);
  const users = Array.from({ length: count }, (_, index) => {
    const name = `user-${index}`;
    const life = new Life(name, cell.timeline);
    const client = new RecordedClient(name, cell.client(name, name), recorder);
    // Most take their time, some do not.
    const everyMs = index % 4 === 3 ? USER_EVERY_MS / 4 : USER_EVERY_MS;
    return new User({ client, namespace: `space-${index % 2}`, rng: fork(), life, everyMs, nodes });
  });
  for (const user of users) user.start();
  const programs = ['watcher', 'racer-0', 'racer-1'].slice(0, count > 0 ? 3 : 1).map((name) => {
    const client = new RecordedClient(name, cell.client(name, name), recorder);
    const Program = name === 'watcher' ? Watcher : Racer;
    return new Program(client, new Life(name, cell.timeline), fork());
  });
  for (const program of programs) program.start();
  return [...users, ...programs];
}

/** How much is under way, minute by minute. */
function sampleSizes(cell: SimulatedCell, recorder: Recorder): void {
  const { timeline, network } = cell;
  const { planned } = timeline;
  recorder.note({ type: 'sample', of: 'cell', sizes: { connections: network.connections, timers: planned } });
  for (const { name, master } of cell.masters)
    master?.sizes().then((sizes) => recorder.note({ type: 'sample', of: name, sizes }));
  timeline.after(MINUTE_MS, 'sample', () => sampleSizes(cell, recorder));
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
