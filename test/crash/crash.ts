import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '../../master/store/sqlite.ts';
import type { StoredValue } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { type Rng, seededRng } from '../../platform/rng.ts';

export interface CrashOutcome {
  readonly kills: number;
  readonly acknowledged: number;
  /** Commits that were there though nobody had been told. */
  readonly unacknowledged: number;
  readonly slowestOpenMs: number;
  readonly faults: readonly string[];
}

/** What a writer was told last. */
interface Told {
  readonly count: number;
  readonly revision: number;
}

/** Kills of one file, before a new one is begun. */
const PER_FILE = 25;
const LONGEST_MS = 60;

/**
 * Kills a process that commits without rest at a random moment, opens its store, and compares it with what the process had been
 * told; then again on the same file. The caller is told of progress every hundred kills.
 */
export async function crash(kills: number, seed: number, say: (line: string) => void): Promise<CrashOutcome> {
  // Thousands of processes start faster when the first leaves its compiled code to the others.
  const compiled = mkdtempSync(join(tmpdir(), 'stowage-crash-compile-cache-'));
  try {
    return await crashing(kills, seed, say, { ...process.env, NODE_COMPILE_CACHE: compiled });
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
}

async function crashing(
  kills: number,
  seed: number,
  say: (line: string) => void,
  env: NodeJS.ProcessEnv,
): Promise<CrashOutcome> {
  const rng = seededRng(seed);
  const outcome = { kills: 0, acknowledged: 0, unacknowledged: 0, slowestOpenMs: 0, faults: [] as string[] };
  while (outcome.kills < kills && outcome.faults.length === 0) {
    const directory = mkdtempSync(join(tmpdir(), 'stowage-crash-'));
    try {
      let newest = 0;
      for (let run = 0; run < PER_FILE && outcome.kills < kills && outcome.faults.length === 0; run += 1) {
        const file = join(directory, 'store.db');
        const told = await killedWriter(file, run, rng, env);
        newest = await compare(file, run, told, newest, outcome);
        outcome.kills += 1;
        if (outcome.kills % 100 === 0) say(`${outcome.kills} kills, ${outcome.acknowledged} acknowledged commits`);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return outcome;
}

/** Resolves once the writer is dead, with what it was told last, by writer. It lives for a while after its first commit, or hardly. */
function killedWriter(file: string, run: number, rng: Rng, env: NodeJS.ProcessEnv): Promise<Map<number, Told>> {
  const script = fileURLToPath(new URL('./writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, file, String(run)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const told = new Map<number, Told>();
  const lines = createInterface({ input: child.stdout });
  const livesMs = rng.int(LONGEST_MS);
  let dying = false;
  lines.on('line', (line) => {
    const [writer = 0, count = 0, revision = 0] = line.split(' ').map(Number);
    // The last line may have been cut; a whole one has three numbers.
    if (line.split(' ').length === 3 && revision > 0) told.set(writer, { count, revision });
    if (dying) return;
    dying = true;
    setTimeout(() => child.kill('SIGKILL'), livesMs);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    lines.on('close', () => resolve(told));
  });
}

async function compare(
  file: string,
  run: number,
  told: ReadonlyMap<number, Told>,
  newest: number,
  outcome: { acknowledged: number; unacknowledged: number; slowestOpenMs: number; faults: string[] },
): Promise<number> {
  const began = performance.now();
  const store = await openSqliteStore({ file, clock: systemClock, log: silentLogger, historyRevisions: 500 });
  outcome.slowestOpenMs = Math.max(outcome.slowestOpenMs, performance.now() - began);
  const revision = await store.revision();
  const { values } = await store.list(`/${run}/`);
  const byKey = new Map(values.map((value) => [value.key, value]));
  const fault = (words: string) => outcome.faults.push(`run ${run}: ${words}`);
  for (const [writer, { count, revision: acknowledged }] of told) {
    const kept = Number(byKey.get(`/${run}/${writer}/count`)?.value ?? 0);
    outcome.acknowledged += count;
    outcome.unacknowledged += Math.max(0, kept - count);
    if (kept < count) fault(`writer ${writer} was told that commit ${count} is kept, and it is at ${kept}`);
    if (revision < acknowledged)
      fault(`the store is at revision ${revision}, and writer ${writer} was told ${acknowledged}`);
  }
  if (revision < newest) fault(`the store went back from revision ${newest} to ${revision}`);
  for (const words of tornCommits(values, run, byKey)) fault(words);
  await store.close();
  const database = new DatabaseSync(file);
  const verdict = String(database.prepare('PRAGMA integrity_check').get()?.integrity_check);
  database.close();
  if (verdict !== 'ok') fault(`SQLite finds its file broken: ${verdict}`);
  return revision;
}

/** A commit is there in all its parts: the count, both halves of the newest twenty pairs, and none of the older ones, at one revision. */
function* tornCommits(
  values: readonly StoredValue[],
  run: number,
  byKey: ReadonlyMap<string, StoredValue>,
): Generator<string> {
  const counts = values.filter(({ key }) => key.endsWith('/count'));
  let expected = counts.length;
  for (const { key, value, modRevision } of counts) {
    const prefix = key.slice(0, -'/count'.length);
    const count = Number(value);
    for (let i = Math.max(1, count - 19); i <= count; i += 1) {
      const [a, b] = [byKey.get(`${prefix}/${i}/a`), byKey.get(`${prefix}/${i}/b`)];
      if (!a || a.value !== b?.value || a.modRevision !== b.modRevision) yield `commit ${i} of ${prefix} is torn`;
      if (i === count && a?.modRevision !== modRevision) yield `commit ${i} of ${prefix} has two revisions`;
      expected += 2;
    }
  }
  if (values.length !== expected) yield `run ${run} has ${values.length} keys where ${expected} belong`;
}
