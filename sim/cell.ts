import type { Labels } from '../agent/runtime.ts';
import { memoryStore } from '../master/store/memory.ts';
import type { Store } from '../master/store/store.ts';
import type { Logger } from '../platform/log.ts';
import { type Rng, seededRng } from '../platform/rng.ts';
import type { FromMaster } from '../proto/messages.ts';
import { enterWorld } from './ambient/world.ts';
import type { Program } from './container-runtime.ts';
import { Disk } from './disk/disk.ts';
import { writeKernelFiles } from './disk/kernel-files.ts';
import { Strikes } from './faults/strikes.ts';
import { MACHINES_DIR, Machine } from './machine/machine.ts';
import { fairEngine } from './machine/runtime-link.ts';
import { MasterHost } from './master/master-host.ts';
import { FAIR_LATENCY_MS, Network } from './network/network.ts';
import type { Release } from './network/wire-form.ts';
import type { Mutation } from './planted/mutation.ts';
import type { CommitTap } from './store/store-link.ts';
import { STORE_HOST } from './store/store-link.ts';
import { fairWeather } from './store/weather.ts';
import { Life, MachineClock } from './time/life.ts';
import { Timeline } from './time/timeline.ts';
import { type ApiDoor, Client } from './users/client.ts';

export interface CellOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly masters: number;
  readonly log: (host: string, timeline: Timeline) => Logger;
  /** Hears what happens on machines. */
  readonly onlooker?: MachineOnlooker;
  readonly tap?: CommitTap;
  /** A bug that is planted. */
  readonly mutation?: Mutation;
  /** Parts of a whole by which machines' clocks run too fast or too slow, at most. */
  readonly drift?: number;
}

export interface MachineOnlooker {
  /** A container began or ceased to run. */
  ran(machine: string, container: { readonly id: string; readonly labels: Labels }, running: boolean): void;
  /** A master said this to the machine's agent. */
  heard(machine: string, message: FromMaster): void;
  /** The machine lost its power, or has it again. */
  powered(machine: string, up: boolean): void;
}

/** What simulated containers do, by the first word of their command. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  job: { runsMs: 5_000 },
  long: { runsMs: 60_000 },
  crash: { runsMs: 2_000, exitCode: 1 },
  stubborn: { stubborn: true },
};

/** A whole cell in one process: a store, masters, machines, and the network between them, on one timeline, by one seed. */
export class SimulatedCell {
  readonly timeline = new Timeline();
  readonly rng: Rng;
  readonly network: Network;
  readonly weather = fairWeather();
  readonly disk = new Disk();
  readonly machines: readonly Machine[];
  readonly masters: readonly MasterHost[];
  readonly store: Store;
  readonly strikes = new Strikes();
  readonly #onlooker: MachineOnlooker | undefined;
  readonly #storeLife: Life;
  #dials = 0;

  constructor(options: CellOptions) {
    const { seed, log } = options;
    const { timeline } = this;
    this.#onlooker = options.onlooker;
    timeline.onEvent = (count) => this.strikes.due(count);
    this.rng = seededRng(seed);
    const fork = () => seededRng(this.rng.int(2 ** 32));
    this.network = new Network(timeline, fork());
    this.#storeLife = new Life(STORE_HOST, timeline);
    this.store = memoryStore({ clock: new MachineClock(this.#storeLife) });
    const drift = () => (options.drift ?? 0) * (2 * this.rng.next() - 1);
    const logOf = (host: string) => log(host, timeline);
    this.masters = numbered(options.masters, 'master').map(
      (name) =>
        new MasterHost({
          ...{ name, store: this.store, storeLife: this.#storeLife, network: this.network },
          ...{
            weather: this.weather,
            rng: fork(),
            log: logOf,
            tap: options.tap,
            mutation: options.mutation,
            clock: { offsetMs: 0, drift: drift() },
          },
        }),
    );
    const ears = options.mutation?.ears?.();
    this.machines = numbered(options.nodes, 'node').map(
      (name) =>
        new Machine({
          ...{
            name,
            network: this.network,
            rng: fork(),
            log: logOf,
            programs: PROGRAMS,
            mutation: options.mutation,
            ears,
          },
          onRun: (container, running) => options.onlooker?.ran(name, container, running),
          heard: (message) => options.onlooker?.heard(name, message),
          clock: { offsetMs: 0, drift: drift() },
          dial: () => this.#anyMaster().asDialled(),
        }),
    );
  }

  /** Everything begins to run. From here on the process belongs to this cell, until `leave`. */
  start(): void {
    const owners = new Map(this.machines.map((machine) => [machine.name, machine]));
    enterWorld({
      timeline: this.timeline,
      disk: this.disk,
      ownerOf: (path) => {
        if (!path.startsWith(`${MACHINES_DIR}/`)) return undefined;
        return owners.get(path.split('/', 3)[2] ?? '')?.life;
      },
    });
    writeKernelFiles(this.disk);
    for (const machine of this.machines) this.disk.mkdir(`${MACHINES_DIR}/${machine.name}`, 0o700, true);
    for (const master of this.masters) master.start();
    for (const machine of this.machines) machine.startAgent();
  }

  /** Its network goes silent: nobody is told that it has gone. */
  powerOff(machine: Machine): void {
    for (const { name } of this.masters) this.network.isolate(machine.name, name);
    machine.powerOff();
    this.#onlooker?.powered(machine.name, false);
  }

  powerOn(machine: Machine): void {
    if (machine.powered) return;
    for (const { name } of this.masters) this.network.rejoin(machine.name, name);
    this.#onlooker?.powered(machine.name, true);
    machine.powerOn();
  }

  /** Whatever is out of order is made good: from here on nothing is. */
  recover(): void {
    this.strikes.clear();
    this.network.healAll();
    this.network.latencyMs = FAIR_LATENCY_MS;
    Object.assign(this.weather, fairWeather());
    for (const master of this.masters) {
      master.clock.offsetMs = 0;
      this.move(master, 'current');
      master.start();
    }
    for (const machine of this.machines) {
      machine.clock.offsetMs = 0;
      Object.assign(machine.weather, fairEngine());
      this.powerOn(machine);
      machine.engine.down = false;
      this.move(machine, 'current');
      machine.startAgent();
    }
  }

  /** A process of another release takes over from the one that runs there, if one does. */
  move(host: MasterHost | Machine, release: Release): void {
    if (host.release === release) return;
    host.release = release;
    if (!host.life) return;
    if (host instanceof Machine) {
      host.crashAgent();
      host.startAgent();
    } else {
      host.crash();
      host.start();
    }
  }

  leave(): void {
    enterWorld(undefined);
  }

  /** A program of a user on a host of its own. */
  client(host: string, user: string, groups: readonly string[] = ['system:masters']): Client {
    const life = new Life(host, this.timeline);
    return new Client({
      ...{ host, life, network: this.network, user, groups },
      dial: (): ApiDoor => this.#anyMaster().asDoor(),
    });
  }

  /** As a load balancer that knows who is up, most of the time. */
  #anyMaster(): MasterHost {
    this.#dials += 1;
    const up = this.masters.filter(({ serves }) => serves);
    const all = up.length > 0 ? up : this.masters;
    return all[this.#dials % all.length] as MasterHost;
  }
}

const numbered = (count: number, name: string): string[] => Array.from({ length: count }, (_, i) => `${name}-${i}`);
