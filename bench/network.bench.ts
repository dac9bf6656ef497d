import { programming } from './network/programming.ts';
import { traffic } from './network/traffic.ts';
import type { Figure } from './report.ts';

/**
 * What services and names cost, between hosts of network namespaces. Needs root, Docker, iproute2 and nftables. BENCH_ONLY picks parts by
 * regular expression.
 */
export async function bench(say: (progress: string) => void): Promise<Figure[]> {
  const parts: [string, () => Figure[] | Promise<Figure[]>][] = [
    ['programming', programming],
    ['traffic', () => traffic(say)],
  ];
  const only = new RegExp(process.env.BENCH_ONLY ?? '');
  const figures: Figure[] = [];
  for (const [name, run] of parts) {
    if (!only.test(name)) continue;
    say(name);
    figures.push(...(await run()));
  }
  return figures;
}
