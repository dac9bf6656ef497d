import { AT_ONCE, changed, type FaultTable, pick } from './fault.ts';

/** Of the container engines of machines. */
export const engineFaults = {
  'engine-failures': {
    weight: 3,
    lastsMs: [1_000, 120_000],
    begin(cell, rng) {
      const machine = pick(rng, cell.machines);
      const values = { failures: 0.5 * rng.next(), lostAnswers: 0.3 * rng.next() };
      return machine && changed(machine.name, machine.weather, values);
    },
  },
  'engine-hang': {
    weight: 2,
    lastsMs: AT_ONCE,
    begin(cell, rng) {
      const machine = pick(rng, cell.machines);
      if (!machine) return undefined;
      machine.weather.hangsUntilMs = cell.timeline.nowMs + rng.int(90_000);
      return { what: machine.name };
    },
  },
  'engine-down': {
    weight: 2,
    lastsMs: [500, 60_000],
    begin(cell, rng) {
      const powered = cell.machines.filter((machine) => machine.powered);
      const machine = pick(rng, powered);
      if (!machine) return undefined;
      machine.engine.down = true;
      const end = () => {
        machine.engine.down = !machine.powered;
      };
      return { what: machine.name, end };
    },
  },
  'containers-lost': {
    weight: 3,
    lastsMs: AT_ONCE,
    begin(cell, rng) {
      const machine = pick(rng, cell.machines);
      const victim = pick(rng, machine?.engine.all() ?? []);
      if (!machine || !victim) return undefined;
      if (rng.int(2) === 0) machine.engine.die(victim.id);
      else machine.engine.vanish(victim.id);
      return { what: `${victim.name} on ${machine.name}` };
    },
  },
} satisfies FaultTable;
