import { systemClock } from '../../platform/clock.ts';
import { HaProxy } from '../ingress/haproxy.ts';
import { ingressDirectory } from '../ingress/ingress.ts';
import { refusePods } from './forwarding.ts';
import { readKept } from './kept-network.ts';
import { changeLinks, readLinks } from './links.ts';
import { planRemoval } from './links-plan.ts';
import { placeOf } from './place.ts';
import { run } from './program.ts';
import { NetworkState } from './state.ts';

/** Takes all that a cell's network has put into this machine's kernel away. Nothing where it never had one. */
export async function removeCellNetwork(cellId: string, dataDir: string): Promise<void> {
  const kept = await readKept(dataDir);
  if (!kept) return;
  const state = new NetworkState();
  state.restore(kept);
  const pods = state.ranges?.pods;
  if (!pods) return;
  const place = placeOf(cellId);
  await run('nft', ['-f', '-'], `add table ip ${place.table}\ndelete table ip ${place.table}\n`);
  await refusePods(place);
  await new HaProxy(ingressDirectory(dataDir), systemClock).end();
  await changeLinks(planRemoval(place, pods, await readLinks(place)));
}
