import { Engine } from '../test/docker.ts';
import { crowdDeleted } from './agent/crowd.ts';
import { execRoundTrip } from './agent/exec.ts';
import { giantLog } from './agent/giant-log.ts';
import { idlePods } from './agent/idle.ts';
import { logRate } from './agent/logs.ts';
import { AgentRig } from './agent/rig.ts';
import { startOverhead } from './agent/starts.ts';
import { DOCKER_HOST } from './bench-cell.ts';
import type { Figure } from './report.ts';

type Say = (progress: string) => void;

/** What an agent costs over the engine it drives, on a real one. BENCH_ONLY picks parts by regular expression. */
export async function bench(say: Say): Promise<Figure[]> {
  const engine = new Engine(DOCKER_HOST);
  await engine.ensureTestImage();
  const rig = await AgentRig.start();
  try {
    const parts: [string, () => Promise<Figure[]>][] = [
      ['starts', () => startOverhead(rig, engine, say)],
      ['logs', () => logRate(rig)],
      ['idle', () => idlePods(rig, engine, say)],
      ['exec', () => execRoundTrip(rig, engine)],
      ['crowd', () => crowdDeleted(rig, engine, say)],
      ['giant log', () => giantLog(rig, engine, say)],
    ];
    const only = new RegExp(process.env.BENCH_ONLY ?? '');
    const figures: Figure[] = [];
    for (const [name, run] of parts) {
      if (!only.test(name)) continue;
      say(name);
      figures.push(...(await run()));
    }
    return figures;
  } finally {
    await rig.stop();
  }
}
