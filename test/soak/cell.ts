import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateTools } from '../../deploy/setup/tools.mjs';
import { freePort } from '../cell.ts';
import { Engine } from '../docker.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';
import { eventually } from '../eventually.ts';
import { type PrivateEngine, startSecondEngine } from '../private-engine.ts';
import { Program } from '../program.ts';
import { Link } from './link.ts';

/** Room of the disks, of an agent and of the master. */
const AGENT_DISK = '48m';
const MASTER_DISK = '512m';
const GIVE_UP_MS = 90_000;

export interface Machine {
  readonly name: string;
  readonly host: PrivateEngine;
  readonly engine: Engine;
  /** From its agent to the master. */
  readonly link: Link;
  /** A file system of its own, which can be filled. */
  readonly dataDir: string;
  agent: Program;
}

/**
 * A cell on real parts: a master on etcd or SQLite, and machines with an engine each. Owns all processes, links, mounts and directories of
 * it.
 */
export class SoakCell {
  readonly directory: string;
  readonly port: number;
  readonly etcd: TestEtcd | undefined;
  /** From the master to etcd. */
  readonly storeLink: Link | undefined;
  readonly machines: Machine[] = [];
  master!: Program;
  cellId = '';

  private constructor(directory: string, port: number, etcd?: TestEtcd, storeLink?: Link) {
    this.directory = directory;
    this.port = port;
    this.etcd = etcd;
    this.storeLink = storeLink;
  }

  static async start(store: 'etcd' | 'sqlite', machines: readonly string[]): Promise<SoakCell> {
    const directory = await mkdtemp(join(tmpdir(), 'stowage-soak-'));
    const etcd = store === 'etcd' ? await startEtcd() : undefined;
    const link = etcd && (await Link.to(Number(new URL(etcd.endpoints[0]!).port)));
    const cell = new SoakCell(directory, await freePort(), etcd, link);
    try {
      mountDisk(cell.masterDir, MASTER_DISK);
      await cell.startMaster();
      cell.cellId = (await readFile(join(cell.masterDir, 'cell-id'), 'utf8')).trim();
      for (const name of machines) await cell.addMachine(name);
      return cell;
    } catch (error) {
      await cell.destroy();
      throw error;
    }
  }

  get masterDir(): string {
    return join(this.directory, 'master');
  }

  get kubeconfig(): string {
    return join(this.masterDir, 'kubeconfig');
  }

  /** Tries until it is ready: what it stands on may be away. */
  async startMaster(): Promise<void> {
    const store = this.storeLink
      ? ['--store', 'etcd', '--etcd-endpoints', `http://127.0.0.1:${this.storeLink.port}`]
      : [];
    const place = ['--data-dir', this.masterDir, '--port', String(this.port), '--node-grace', '10'];
    await untilReady('the master', () => {
      this.master = Program.stowctl('master', ...place, ...store, '--log-level', 'warn');
      return this.master;
    });
  }

  async startAgent(machine: Machine): Promise<void> {
    const token = (await readFile(join(this.masterDir, 'join-token'), 'utf8')).trim();
    const address = ['--master', `https://127.0.0.1:${machine.link.port}`, '--token', token];
    const place = ['--data-dir', machine.dataDir, '--node-name', machine.name, '--docker-host', machine.host.host];
    await untilReady(`the agent of ${machine.name}`, () => {
      machine.agent = Program.stowctl('agent', ...address, ...place, '--metrics-port', '0', '--log-level', 'warn');
      return machine.agent;
    });
  }

  async destroy(): Promise<void> {
    await Promise.all(this.machines.map(({ agent }) => agent?.end()));
    await this.master?.end();
    for (const { dataDir, host, link } of this.machines) {
      const down = Program.stowctl('down', '--data-dir', dataDir, '--docker-host', host.host);
      await down.exit(60_000).catch(() => down.end('SIGKILL'));
      link.close();
      await host.stop();
      spawnSync('umount', ['-l', dataDir]);
    }
    this.storeLink?.close();
    await this.etcd?.stop();
    spawnSync('umount', ['-l', this.masterDir]);
    await rm(this.directory, { recursive: true, force: true });
  }

  private async addMachine(name: string): Promise<void> {
    const { dockerd } = await locateTools();
    if (!dockerd) throw new Error('The soak ends and restarts Docker engines of its own: it needs root and dockerd.');
    const host = await startSecondEngine(dockerd);
    const engine = new Engine(host.host);
    const dataDir = join(this.directory, `agent-${name}`);
    const machine = { name, host, engine, link: await Link.to(this.port), dataDir } as Machine;
    this.machines.push(machine);
    mountDisk(dataDir, AGENT_DISK);
    await engine.ensureTestImage();
    await this.startAgent(machine);
  }
}

function mountDisk(directory: string, size: string): void {
  mkdirSync(directory, { recursive: true });
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory]);
  if (status !== 0) throw new Error(`Cannot mount a small file system at ${directory}: ${stderr}`);
}

/** A program that ends, because something it needs is away, is started again, as a service manager would. */
async function untilReady(what: string, start: () => Program): Promise<void> {
  let program = start();
  await eventually(
    `${what} to be ready`,
    () => {
      if (/^ready$/m.test(program.stdout)) return true;
      if (!program.running) program = start();
      return false;
    },
    GIVE_UP_MS,
  ).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}\n${program.output.slice(-3_000)}`);
  });
}
