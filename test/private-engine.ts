import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awaitEngine } from '../deploy/setup/engine.mjs';
import { Engine } from './docker.ts';

export interface PrivateEngine {
  /** `unix:///path`. */
  readonly host: string;
  /** Ends the engine by this signal, waits for `meanwhile`, and starts it again on what it left. */
  restart(signal: NodeJS.Signals, meanwhile?: () => Promise<void>): Promise<void>;
  /** Ends the engine and removes everything it made. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const BRIDGE = '/sys/class/net/docker0';

/** Starts a Docker engine of the tests' own, in a temporary directory. Only where no other engine runs: both would want docker0. */
export const startPrivateEngine = (dockerd: string): Promise<PrivateEngine> => startEngine(dockerd, MANY_NETWORKS);

/** The default has room for some thirty networks on a machine, those of other engines included. An engine told so removes docker0 first. */
const MANY_NETWORKS = ['--default-address-pool', 'base=10.160.0.0/12,size=24'];

/** Starts one in a network of its own; `enter` is the command that goes there. Its bridges go with that network. */
export const startEngineInside = (dockerd: string, enter: readonly string[]): Promise<PrivateEngine> =>
  startEngine(dockerd, MANY_NETWORKS, enter);

async function startEngine(
  dockerd: string,
  flags: readonly string[],
  enter: readonly string[] = [],
): Promise<PrivateEngine> {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-test-engine-'));
  const ownBridge = enter.length === 0 && !existsSync(BRIDGE) && !flags.some((flag) => flag.startsWith('--bridge='));
  const host = `unix://${dir}/docker.sock`;
  const spawned = () => spawnEngine(dockerd, dir, host, flags, enter);
  let child = spawned();
  const answers = () => awaitEngine(host, START_TIMEOUT_MS, () => child.exitCode === null);
  const restart = async (signal: NodeJS.Signals, meanwhile?: () => Promise<void>) => {
    await end(child, signal);
    await meanwhile?.();
    child = spawned();
    if (!(await answers())) throw new Error(`the private Docker engine does not come back: ${lastWords(dir)}`);
  };
  const stop = async () => {
    const bridges = enter.length > 0 ? [] : await bridgesOf(host);
    await end(child);
    unmountBelow(dir);
    rmSync(dir, { recursive: true, force: true });
    for (const bridge of ownBridge ? ['docker0', ...bridges] : bridges) {
      spawnSync('ip', ['link', 'delete', bridge], { stdio: 'ignore' });
    }
  };
  if (await answers()) return { host, restart, stop };
  const said = lastWords(dir);
  await stop();
  throw new Error(`a private Docker engine for the tests does not start: ${said}`);
}

/**
 * Starts one beside another engine, with a bridge of its own: with docker0 the two would share one, and an engine that is told to have
 * none removes the other's.
 */
export async function startSecondEngine(dockerd: string, flags: readonly string[] = []): Promise<PrivateEngine> {
  const number = (process.pid + engines++) % 256;
  const bridge = `stw${process.pid}n${number}`;
  const ip = (...args: string[]) => spawnSync('ip', args, { stdio: 'ignore' });
  ip('link', 'add', bridge, 'type', 'bridge');
  ip('address', 'add', `10.251.${number}.1/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  const remove = () => ip('link', 'delete', bridge);
  try {
    const engine = await startEngine(dockerd, [`--bridge=${bridge}`, ...flags]);
    const stop = async () => {
      await engine.stop();
      remove();
    };
    return { ...engine, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

let engines = 0;

/** Interfaces of the networks that an engine has made. They outlive it, and each keeps its addresses from every later engine. */
async function bridgesOf(host: string): Promise<string[]> {
  const networks = await new Engine(host).docker.listNetworks({ filters: { type: ['custom'] } }).catch(() => []);
  return networks.map(({ Id }) => `br-${Id.slice(0, 12)}`);
}

const lastWords = (dir: string) => readFileSync(join(dir, 'log'), 'utf8').trim().split('\n').at(-1);

function spawnEngine(
  dockerd: string,
  dir: string,
  host: string,
  more: readonly string[],
  enter: readonly string[],
): ChildProcess {
  const log = openSync(join(dir, 'log'), 'a');
  const flags = [
    ['--data-root', join(dir, 'data')],
    ['--exec-root', join(dir, 'exec')],
    ['--pidfile', join(dir, 'pid')],
    ['--host', host],
  ];
  // Should this process be killed, the engine ends too.
  const guard = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM'] : [];
  const [command = dockerd, ...args] = [...enter, ...guard, dockerd, ...flags.flat(), ...more];
  // What dockerd calls (iptables) may lie where only root's login shells look.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };
  return spawn(command, args, { stdio: ['ignore', log, log], detached: true, env });
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(late);
}

/** Mounts that a killed engine left would keep its directory from being removed. */
function unmountBelow(dir: string): void {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const below = mounts.map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(`${dir}/`));
  for (const path of below.reverse()) spawnSync('umount', ['-l', path], { stdio: 'ignore' });
}
