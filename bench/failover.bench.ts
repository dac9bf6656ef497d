import { existsSync } from 'node:fs';
import { locateTools } from '../deploy/setup/tools.mjs';
import { startPrivateEngine } from '../test/private-engine.ts';
import { crowd } from './failover/crowd.ts';
import { leaderFailover } from './failover/leader.ts';
import { nodeLoss } from './failover/node-loss.ts';
import type { Figure } from './report.ts';

type Say = (progress: string) => void;

/**
 * How long the cell is without what it lost, and what many agents cost one master. BENCH_ONLY picks parts by regular expression,
 * BENCH_SCALE=0.1 takes a tenth of the agents.
 */
export async function bench(say: Say): Promise<Figure[]> {
  const only = new RegExp(process.env.BENCH_ONLY ?? '');
  const figures: Figure[] = [];
  const parts: [string, () => Promise<Figure[]>][] = [
    ['leader', () => leaderFailover('unix:///nowhere', say)],
    ['node', () => withEngine((dockerHost) => nodeLoss(dockerHost, say))],
    ['crowd', () => crowd(say)],
  ];
  for (const [name, run] of parts) {
    if (!only.test(name)) continue;
    say(name);
    figures.push(...(await run()));
  }
  return figures;
}

/** The engine that is named or there, else one of our own for as long as it takes. */
async function withEngine<T>(use: (dockerHost: string) => Promise<T>): Promise<T> {
  const { dockerHost, dockerd } = await locateTools();
  const given = process.env.DOCKER_HOST ?? dockerHost;
  if (given && existsSync(given.replace('unix://', ''))) return use(given);
  if (!dockerd) throw new Error('there is no Docker engine: name one with DOCKER_HOST');
  const engine = await startPrivateEngine(dockerd);
  try {
    return await use(engine.host);
  } finally {
    await engine.stop();
  }
}
