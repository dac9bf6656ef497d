import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRng } from '../../platform/rng.ts';
import type { Violation } from '../../sim/history.ts';
import { eventually } from '../eventually.ts';
import { Caller } from './caller.ts';
import { SoakCell } from './cell.ts';
import { disturb, possibleFaults } from './faults.ts';
import { holdings, remains, sample } from './leaks.ts';
import { EngineWatch, follow, WATCHED } from './onlooker.ts';
import { Recorder } from './recorder.ts';
import { clear, furnish, operate, scribble, uncordon } from './users.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'etcd' },
    faults: { type: 'string', default: 'all' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `npm run soak -- [--minutes 60] [--seed 1] [--store etcd|sqlite] [--faults all|none|NAME,NAME] [--keep]

A cell of real parts (a master, two machines with a Docker engine each, etcd or SQLite), users who change it without rest, and faults:
processes killed and stopped, links cut, disks filled. What everybody was told is judged by the checkers of the simulator
(sim/checkers/). Needs root, dockerd and etcd. Ends with 1 when a promise was broken; the history is kept then.`;

const SETTLE_MS = 90_000;
const QUIET_MS = 12_000;

async function main(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-soak-history-'));
  const recorder = new Recorder(join(directory, 'history.jsonl'));
  const cell = await SoakCell.start(values.store === 'sqlite' ? 'sqlite' : 'etcd', ['n1', 'n2']);
  try {
    const violations = await soak(cell, recorder);
    for (const { checker, atMs, message } of violations)
      console.log(`BROKEN ${checker}, ${Math.round(atMs)} ms: ${message}`);
    console.log([...recorder.counts].map(([sort, number]) => `${sort} ${number}`).join(', '));
    console.log(`${recorder.observations} observations, ${violations.length} broken promises`);
    if (violations.length > 0 || values.keep) console.log(`the history is kept: ${recorder.file}`);
    else await rm(directory, { recursive: true, force: true });
    return violations.length > 0 ? 1 : 0;
  } finally {
    await cell.destroy();
  }
}

async function soak(cell: SoakCell, recorder: Recorder): Promise<readonly Violation[]> {
  const [users, watching] = [new AbortController(), new AbortController()];
  const seed = Number(values.seed);
  const caller = (name: string) => new Caller(name, cell.kubeconfig, recorder);
  const onlooker = caller('onlooker');
  const engines = cell.machines.map(({ engine, name }) => new EngineWatch(engine.docker, name, cell.cellId, recorder));
  const watches = [
    ...WATCHED.map((resource) => follow(resource, onlooker, recorder, watching.signal)),
    ...engines.map((engine) => engine.follow(watching.signal)),
  ];
  const operator = caller('operator');
  const writers = [1, 2, 3, 4].map((n) => caller(`writer-${n}`));
  await furnish(operator);
  const baseline = await remains(cell);
  const load = [
    ...writers.map((user, index) => scribble(user, seededRng(seed * 100 + index), users.signal)),
    operate(operator, seededRng(seed * 100 + 50), users.signal),
  ];
  const chosen = values.faults === 'none' ? [] : possibleFaults(cell).filter(isChosen);
  const progress = report(cell, recorder, [operator, ...writers], users.signal);
  const disturbed = chosen.length > 0 ? disturb(cell, seededRng(seed), recorder, chosen, users.signal) : undefined;
  // A part that does not come back ends the run.
  const told = new Promise<void>((resolve) => void process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await Promise.race([delay(Number(values.minutes) * 60_000), told, disturbed ?? told]);
  users.abort();
  await Promise.all(load);
  const counts = (await disturbed) ?? new Map<string, number>();
  await progress;
  console.log(`faults: ${[...counts].map(([name, times]) => `${name} ${times}`).join(', ') || 'none'}`);
  await settle(cell, recorder, operator);
  const violations = [...(await finish(recorder, operator))];
  violations.push(...(await leftovers(cell, recorder, operator, baseline)));
  watching.abort();
  for (const { client } of [onlooker, operator, ...writers]) client.close();
  await Promise.all(watches);
  return violations;
}

const isChosen = (name: string): boolean => values.faults === 'all' || values.faults.split(',').includes(name);

/** Looks at the processes every few seconds, and says every minute how things are. */
async function report(
  cell: SoakCell,
  recorder: Recorder,
  users: readonly Caller[],
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 1; !signal.aborted; turn += 1) {
    await delay(5_000, undefined, { signal }).catch(() => {});
    sample(cell, recorder);
    if (turn % 12 !== 0) continue;
    const [calls, answers] = [
      users.reduce((sum, { calls }) => sum + calls, 0),
      users.reduce((sum, { answers }) => sum + answers, 0),
    ];
    const master = holdings(cell.master);
    console.log(
      `${turn / 12} min: ${calls} calls, ${answers} answered, ${recorder.observations} observations, ${recorder.violations.length} broken; master ${master?.rssMiB} MiB, ${master?.handles} handles`,
    );
    for (const { checker, message } of recorder.violations.slice(0, 3)) console.log(`  ${checker}: ${message}`);
  }
}

/** Until nothing happens any more, for a while, or the time granted is over. */
async function settle(cell: SoakCell, recorder: Recorder, operator: Caller): Promise<void> {
  for (const { name } of cell.machines) await uncordon(operator, name);
  recorder.add({ type: 'calm' });
  const until = performance.now() + SETTLE_MS;
  let [seen, sinceMs] = [recorder.observations, performance.now()];
  while (performance.now() < until && performance.now() - sinceMs < QUIET_MS) {
    await delay(500);
    if (recorder.observations !== seen) [seen, sinceMs] = [recorder.observations, performance.now()];
  }
}

async function finish(recorder: Recorder, operator: Caller): Promise<readonly Violation[]> {
  for (const resource of WATCHED) await operator.ask('list', { resource, namespace: '', name: '' });
  await delay(1_000);
  recorder.add({ type: 'end' });
  return recorder.finish();
}

/** With everything deleted, nothing is left of it. */
async function leftovers(
  cell: SoakCell,
  recorder: Recorder,
  operator: Caller,
  before: Record<string, number>,
): Promise<Violation[]> {
  await clear(operator);
  const gone = () => remains(cell).then(({ containers }) => containers === 0);
  const fault = await eventually('all containers to go', gone, 60_000).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const after = await remains(cell);
  console.log(`left: ${JSON.stringify(after)}; at the start: ${JSON.stringify(before)}`);
  const grown = ['networks', 'volumes', 'rules'].filter((name) => after[name]! > before[name]!);
  return [fault, ...grown.map((name) => `${after[name]} ${name} are left, at the start there were ${before[name]}`)]
    .filter((message) => message !== undefined)
    .map((message) => ({ checker: 'leaks', atMs: recorder.nowMs, message }));
}

if (values.help) console.log(HELP);
else process.exitCode = await main();
