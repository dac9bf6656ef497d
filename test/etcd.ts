import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import { eventually } from './eventually.ts';

/** A real etcd server of one member, on free loopback ports, with its data in a temporary directory. */
export interface TestEtcd {
  readonly endpoints: string[];
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data. Resolves once it serves. */
  restart(): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing. Resolves once it does stand still. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
}

const READY_WITHIN_MS = 20_000;
const POLL_MS = 50;

/** Starts `etcd` from PATH or /usr/bin. Throws a sentence that says what to install where there is none. */
export async function startEtcd(extraArguments: readonly string[] = []): Promise<TestEtcd> {
  const binary = findEtcd();
  const directory = mkdtempSync(join(tmpdir(), 'stowage-test-etcd-'));
  const [clientPort, peerPort] = await freePorts(2);
  const url = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const args = [
    ...['--name', 'test', '--data-dir', join(directory, 'data'), '--log-level', 'error'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...[
      '--listen-peer-urls',
      peerUrl,
      '--initial-advertise-peer-urls',
      peerUrl,
      '--initial-cluster',
      `test=${peerUrl}`,
    ],
    ...extraArguments,
  ];
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    const ended = child;
    child = undefined;
    if (ended) await endProcess(ended, signal);
  };
  const start = async () => {
    child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    await untilServing(child, url);
  };
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    await start();
  } catch (error) {
    await end('SIGKILL');
    remove();
    throw error;
  }
  return {
    endpoints: [url],
    stop: async () => {
      await end('SIGKILL');
      remove();
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL');
      await start();
    },
    pause: async () => {
      if (!child?.kill('SIGSTOP')) throw new Error('there is no etcd to pause');
      await untilStopped(child.pid!);
    },
    resume: () => void child?.kill('SIGCONT'),
  };
}

export function findEtcd(): string {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  for (const directory of directories) {
    const candidate = join(directory, 'etcd');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here; the next directory may have it.
    }
  }
  throw new Error('No etcd is installed on this machine; install it (Debian: apt-get install etcd-server).');
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listenAnywhere(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

async function untilServing(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  const deadlineMs = systemClock.monotonicMs() + READY_WITHIN_MS;
  while (systemClock.monotonicMs() < deadlineMs && child.exitCode === null) {
    if (await healthy(url)) return;
    await new Promise<void>((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`etcd at ${url} did not come up within ${READY_WITHIN_MS / 1_000} s; it said: ${said || 'nothing'}`);
}

/** A signal is on its way for a while, in which a process may still answer. */
export async function untilStopped(pid: number): Promise<void> {
  const threads = `/proc/${pid}/task`;
  const stopped = (thread: string) => / T /.test(readFileSync(join(threads, thread, 'stat'), 'utf8'));
  await eventually('etcd to stand still', () => readdirSync(threads).every(stopped));
}

async function healthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) });
    return response.ok && (await response.text()).includes('true');
  } catch {
    return false;
  }
}

export function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
