import type { Rng } from '../../platform/rng.ts';
import type { SimulatedCell } from '../cell.ts';
import { RELEASES } from '../network/wire-form.ts';
import { AT_ONCE, changed, type FaultTable, pick } from './fault.ts';

/** A process dies before one of so many events to come, so that it dies between any two steps of what it does. */
const STEPS = 300;
/** Not more of the machines are lost at a time: the rest must have room for what ran there. */
const MOST_LOST = 1 / 3;
const MOST_SKEW_MS = 120_000;

const atSomeEvent = (cell: SimulatedCell, rng: Rng, kill: () => void): { cancel(): void } =>
  cell.strikes.at(cell.timeline.trace.events + rng.int(STEPS), kill);

/** Of agents, masters and machines. */
export const processFaults = {
  'agent-crash': {
    weight: 4,
    lastsMs: [0, 60_000],
    begin(cell, rng) {
      const running = cell.machines.filter(({ life }) => life);
      const machine = pick(rng, running);
      const strike = machine && atSomeEvent(cell, rng, () => machine.crashAgent());
      const end = () => {
        strike?.cancel();
        machine?.startAgent();
      };
      return machine && { what: machine.name, end };
    },
  },
  'master-crash': {
    weight: 3,
    lastsMs: [0, 30_000],
    begin(cell, rng) {
      const running = cell.masters.filter(({ life }) => life);
      const master = pick(rng, running);
      const strike = master && atSomeEvent(cell, rng, () => master.crash());
      const end = () => {
        strike?.cancel();
        master?.start();
      };
      return master && { what: master.name, end };
    },
  },
  'machine-loss': {
    weight: 1,
    lastsMs: [5_000, 900_000],
    begin(cell, rng) {
      const powered = cell.machines.filter((machine) => machine.powered);
      const machine = pick(rng, powered);
      if (!machine || cell.machines.length - powered.length + 1 > cell.machines.length * MOST_LOST) return undefined;
      cell.powerOff(machine);
      return { what: machine.name, end: () => cell.powerOn(machine) };
    },
  },
  'release-change': {
    weight: 1,
    lastsMs: AT_ONCE,
    begin(cell, rng) {
      const host = pick(rng, [...cell.machines, ...cell.masters]);
      const release = RELEASES.find((other) => other !== host?.release);
      if (!host || !release) return undefined;
      cell.move(host, release);
      return { what: `${host.name}, which speaks the ${release} protocol now` };
    },
  },
  'clock-jump': {
    weight: 1,
    lastsMs: [10_000, 300_000],
    begin(cell, rng) {
      const host = pick(rng, [...cell.machines, ...cell.masters]);
      return host && changed(host.name, host.clock, { offsetMs: rng.int(2 * MOST_SKEW_MS) - MOST_SKEW_MS });
    },
  },
} satisfies FaultTable;
