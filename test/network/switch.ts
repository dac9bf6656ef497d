import { spawnSync } from 'node:child_process';

/** Benchmarks between hosts have these addresses for themselves (RFC 2544): nothing else on a machine uses them. */
const NET = '198.18';
let switches = 0;

/** Runs a command of the system; throws with what it said. */
export function must(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} failed: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

/** A machine as the network sees it: a network namespace with one link, to the switch. */
export interface Plug {
  readonly name: string;
  readonly address: string;
  /** Name of the namespace. */
  readonly space: string;
  /** Command that goes there: with `ip netns exec` a fresh /sys would hide the cgroups. */
  readonly enter: readonly string[];
}

/**
 * Hosts on one machine: network namespaces around a bridge that is in one of its own, so that no packet leaves them. Owns the namespaces.
 */
export class Switch {
  readonly plugs: Plug[] = [];
  readonly #space: string;
  readonly #number: number;

  private constructor(space: string, number: number) {
    this.#space = space;
    this.#number = number;
  }

  static make(): Switch {
    const number = (process.pid + switches++) % 250;
    const made = new Switch(`stowage-net${process.pid}n${switches}`, number);
    must('ip', 'netns', 'add', made.#space);
    must('ip', '-n', made.#space, 'link', 'add', 'middle', 'type', 'bridge');
    must('ip', '-n', made.#space, 'address', 'add', made.#addressOf(254), 'dev', 'middle');
    must('ip', '-n', made.#space, 'link', 'set', 'middle', 'up');
    must('ip', '-n', made.#space, 'link', 'set', 'lo', 'up');
    return made;
  }

  /** Somebody outside the cell who can reach its machines. */
  get outsider(): Plug {
    return { name: 'outsider', address: this.#bareAddress(254), space: this.#space, enter: entering(this.#space) };
  }

  plug(name: string): Plug {
    const index = this.plugs.length + 1;
    const space = `${this.#space}-${name}`;
    const plug = { name, address: this.#bareAddress(index), space, enter: entering(space) };
    this.plugs.push(plug);
    must('ip', 'netns', 'add', space);
    must('ip', '-n', this.#space, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
    must('ip', '-n', this.#space, 'link', 'set', name, 'master', 'middle', 'up');
    must('ip', '-n', space, 'link', 'set', 'lo', 'up');
    must('ip', '-n', space, 'address', 'add', this.#addressOf(index), 'dev', 'eth0');
    must('ip', '-n', space, 'link', 'set', 'eth0', 'up');
    // Machines have a way to the rest of the world; here it ends at the switch.
    must('ip', '-n', space, 'route', 'add', 'default', 'via', this.#bareAddress(254));
    return plug;
  }

  /** Takes the cable out, or puts it back. */
  cable(name: string, isIn: boolean): void {
    must('ip', '-n', this.#space, 'link', 'set', name, isIn ? 'up' : 'down');
  }

  /** Delay and loss of what is sent to a host (tc-netem(8)): `delay 5ms loss 1%`. */
  disturb(name: string, ...how: string[]): void {
    must('tc', '-n', this.#space, 'qdisc', 'replace', 'dev', name, 'root', 'netem', ...how);
  }

  destroy(): void {
    for (const space of [...this.plugs.map(({ space: each }) => each), this.#space]) {
      spawnSync('ip', ['netns', 'delete', space]);
    }
  }

  #bareAddress(host: number): string {
    return `${NET}.${this.#number}.${host}`;
  }

  #addressOf(host: number): string {
    return `${this.#bareAddress(host)}/24`;
  }
}

const entering = (space: string): string[] => ['nsenter', `--net=/run/netns/${space}`];
