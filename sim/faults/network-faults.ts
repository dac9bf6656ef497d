import type { Rng } from '../../platform/rng.ts';
import type { SimulatedCell } from '../cell.ts';
import { STORE_HOST } from '../store/store-link.ts';
import { AT_ONCE, type Begun, changed, type FaultTable, pick } from './fault.ts';

/** Between two hosts, in one direction or both. */
function cutOff({ network }: SimulatedCell, rng: Rng, one: string, other: string): Begun {
  const ways = rng.int(3);
  if (ways !== 0) network.cut(one, other);
  if (ways !== 1) network.cut(other, one);
  return { what: `${one} ${['<', '>', '<>'][ways]} ${other}`, end: () => network.rejoin(one, other) };
}

/** Of the network between machines, masters and the store. */
export const networkFaults = {
  partition: {
    weight: 3,
    lastsMs: [1_000, 90_000],
    begin(cell, rng) {
      const machine = pick(rng, cell.machines);
      const master = pick(rng, cell.masters);
      return machine && master && cutOff(cell, rng, machine.name, master.name);
    },
  },
  'store-partition': {
    weight: 2,
    lastsMs: [500, 30_000],
    begin(cell, rng) {
      const master = pick(rng, cell.masters);
      return master && cutOff(cell, rng, master.name, STORE_HOST);
    },
  },
  'connection-reset': {
    weight: 3,
    lastsMs: AT_ONCE,
    begin(cell, rng) {
      const master = pick(rng, cell.masters);
      const client = pick(rng, [...cell.machines.map(({ name }) => name), 'watcher', 'user-0', 'user-1']);
      if (!master || !client) return undefined;
      cell.network.reset(client, master.name);
      return { what: `${client} ${master.name}` };
    },
  },
  'watch-reset': {
    weight: 2,
    lastsMs: AT_ONCE,
    begin(cell, rng) {
      const master = pick(rng, cell.masters);
      if (master) cell.network.reset(master.name, STORE_HOST);
      return master && { what: master.name };
    },
  },
  'slow-network': {
    weight: 1,
    lastsMs: [1_000, 60_000],
    begin: (cell, rng) => changed('everywhere', cell.network, { latencyMs: [1, 50 + rng.int(2_000)] }),
  },
} satisfies FaultTable;
