import { type Agent, createAgent } from '../../agent/main.ts';
import type { Logger } from '../../platform/log.ts';
import { type Rng, seededRng } from '../../platform/rng.ts';
import type { FromMaster } from '../../proto/messages.ts';
import { FakeRuntime, type FakeRuntimeOptions, type Program } from '../container-runtime.ts';
import type { Network } from '../network/network.ts';
import type { Release } from '../network/wire-form.ts';
import type { Mutation } from '../planted/mutation.ts';
import { type ClockFaults, Life, MachineClock } from '../time/life.ts';
import { type Dialled, simulatedTransport } from './agent-transport.ts';
import { type EngineWeather, fairEngine, runtimeLink } from './runtime-link.ts';

export interface MachineParts {
  readonly name: string;
  readonly network: Network;
  readonly rng: Rng;
  readonly log: (host: string) => Logger;
  readonly programs: Readonly<Record<string, Program>>;
  readonly onRun?: FakeRuntimeOptions['onRun'];
  readonly labels?: Readonly<Record<string, string>>;
  readonly clock: ClockFaults;
  readonly mutation?: Mutation;
  /** What the agent hears in the place of what was said to it. */
  readonly ears?: (message: FromMaster) => FromMaster;
  /** Hears what masters say to the agent. */
  readonly heard?: (message: FromMaster) => void;
  /** The master a dial leads to. */
  readonly dial: () => { readonly host: string; readonly master: Dialled | undefined };
}

/** Where each machine has its disk. */
export const MACHINES_DIR = '/machines';

/**
 * One machine: its disk, its engine with containers, and the agent that runs on it now, if one does.
 *
 * Owns the engine and the agent. Containers outlive the agent; they end with the machine's power, and the disk with nothing.
 */
export class Machine {
  readonly name: string;
  readonly weather: EngineWeather = fairEngine();
  readonly engine: FakeRuntime;
  /** Of the agent that is started next. */
  release: Release = 'current';
  readonly #parts: MachineParts;
  #powered = true;
  #life: Life | undefined;
  #agent: Agent | undefined;

  constructor(parts: MachineParts) {
    const { name, network, clock, programs, onRun } = parts;
    this.#parts = parts;
    this.name = name;
    const hardware = new Life(name, network.timeline);
    const machineClock = new MachineClock(hardware, clock);
    this.engine = new FakeRuntime({ clock: machineClock, programs, onRun, idPrefix: `${name}-` });
    parts.mutation?.engine?.(this.engine);
  }

  get clock(): ClockFaults {
    return this.#parts.clock;
  }

  get powered(): boolean {
    return this.#powered;
  }

  /** The agent's process, if one runs. */
  get life(): Life | undefined {
    return this.#life?.alive ? this.#life : undefined;
  }

  startAgent(): void {
    if (this.life || !this.#powered) return;
    const { name, network, rng, log, clock, dial, labels, heard, ears } = this.#parts;
    const life = new Life(name, network.timeline);
    const fork = () => seededRng(rng.int(2 ** 32));
    this.#life = life;
    this.#agent = createAgent({
      ...{ dataDir: `${MACHINES_DIR}/${name}`, masterUrl: 'https://192.0.2.2:6443', joinToken: '', nodeName: name },
      ...{ metricsPort: 0, labels },
      transport: simulatedTransport({ host: name, life, network, dial, heard, ears, release: this.release }),
      runtime: runtimeLink(this.engine, life, this.weather, fork()),
      clock: new MachineClock(life, clock),
      rng: fork(),
      log: log(name),
    });
    this.#agent.start().catch((error) => {
      log(name).error({ error: String(error) }, 'the agent could not start');
      // As whoever looks after services on a machine does.
      life.after(RESTART_MS, 'start-again', () => {
        life.end();
        this.startAgent();
      });
    });
  }

  /** `kill -9`. */
  crashAgent(): void {
    this.#life?.end();
    this.#agent = undefined;
  }

  /** SIGTERM: what is under way is ended in order. */
  async stopAgent(): Promise<void> {
    await this.#agent?.stop();
    this.crashAgent();
  }

  powerOff(): void {
    if (!this.#powered) return;
    this.#powered = false;
    this.crashAgent();
    this.engine.powerOff();
  }

  powerOn(): void {
    if (this.#powered) return;
    this.#powered = true;
    this.engine.down = false;
    this.startAgent();
  }
}

const RESTART_MS = 5_000;
