import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Engine } from '../../test/docker.ts';
import { TEST_IMAGE } from '../../test/docker.ts';
import { residentMegabytes } from '../process-use.ts';
import { atMost, type Figure, known } from '../report.ts';
import { type AgentRig, PODS } from './rig.ts';

type Say = (progress: string) => void;

const NAME = 'giant';
const BESIDE = 'beside';
const LOG_BYTES = 1e9;
const LINE_CHARS = 120;
const LINES_AT_ONCE = 10_000;
const STALLED = 4;
const STALL_MS = 10_000;
/** What a stalled reader may cost each side: one block, what is under way in HTTP/2, and what a collection has not taken yet. */
const MOST_GROWTH_MB = 50;

const sleepMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A log of 1 GB to clients that do not read it, and then to one that does: neither is to be held in memory anywhere, nor to hold up the
 * agent's session. The log is put where the engine keeps it, in its format: the engine itself would take minutes.
 */
export async function giantLog(rig: AgentRig, engine: Engine, say: Say): Promise<Figure[]> {
  const pod = { containers: [{ name: 'main', image: TEST_IMAGE, command: ['/bin/busybox', 'sleep', '100000'] }] };
  await rig.create(NAME, pod);
  await rig.ready(1);
  say('writing a log of 1 GB');
  await writeLog(rig, engine);
  const resident = () => Promise.all([rig.pid, rig.masterPid].map(residentMegabytes));
  const before = await resident();
  say(`${STALLED} clients that do not read it`);
  const stalled: IncomingMessage[] = [];
  for (let client = 0; client < STALLED; client++) stalled.push(await rig.client.open('GET', `${PODS}/${NAME}/log`));
  const startMs = performance.now();
  await rig.create(BESIDE, pod);
  await rig.ready(2);
  const besideMs = performance.now() - startMs;
  await sleepMs(STALL_MS);
  const after = await resident();
  for (const response of stalled) response.destroy();
  say('one that does');
  const { seconds, most } = await readAll(rig, resident);
  await rig.remove([NAME, BESIDE]);
  const grown = (now: readonly number[], side: number) => (now[side] ?? Number.NaN) - (before[side] ?? 0);
  return [
    atMost(`agent RSS growth, 1 GB of log and ${STALLED} stalled clients`, grown(after, 0), 'MB', MOST_GROWTH_MB),
    atMost(`master RSS growth, 1 GB of log and ${STALLED} stalled clients`, grown(after, 1), 'MB', MOST_GROWTH_MB),
    known('pod create to ready beside them', besideMs, 'ms'),
    known('1 GB of log, engine to API client', LOG_BYTES / 1e6 / seconds, 'MB/s'),
    known('agent RSS growth while it is read', grown(most, 0), 'MB'),
    known('master RSS growth while it is read', grown(most, 1), 'MB'),
  ];
}

async function writeLog(rig: AgentRig, engine: Engine): Promise<void> {
  const container = await engine.containerOf(await rig.cellId(), NAME, 'main');
  const { LogPath } = await engine.docker.getContainer(container?.Id ?? '').inspect();
  const text = 'x'.repeat(LINE_CHARS - 1);
  const entry = `{"log":"${text}\\n","stream":"stdout","time":"2030-01-01T00:00:00.000000001Z"}\n`;
  const block = Buffer.from(entry.repeat(LINES_AT_ONCE));
  const file = await open(LogPath, 'w');
  for (let written = 0; written < LOG_BYTES; written += LINES_AT_ONCE * LINE_CHARS) await file.write(block);
  await file.close();
}

/** How long it takes, and the most that each process held meanwhile. */
async function readAll(rig: AgentRig, resident: () => Promise<number[]>) {
  const startMs = performance.now();
  let [bytes, looks, most] = [0, 0, [0, 0]];
  const body = await rig.client.open('GET', `${PODS}/${NAME}/log`);
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes < (looks + 1) * (LOG_BYTES / 20)) continue;
    looks++;
    const now = await resident();
    most = most.map((one, side) => Math.max(one, now[side] ?? 0));
  }
  const seconds = (performance.now() - startMs) / 1000;
  if (bytes < LOG_BYTES) throw new Error(`only ${bytes} bytes of the log came`);
  return { seconds, most };
}
