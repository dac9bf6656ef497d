import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateTools } from '../../deploy/setup/tools.mjs';
import { Engine } from '../docker.ts';
import { Kubectl, type Ran, run } from '../kubectl.ts';
import { type PrivateEngine, startEngineInside } from '../private-engine.ts';
import { Program, STOWCTL } from '../program.ts';
import { type Plug, Switch } from './switch.ts';

const PORT = 6443;

export interface Host {
  readonly plug: Plug;
  readonly engine: PrivateEngine;
  readonly dataDir: string;
  /** Beside what every agent gets. */
  readonly flags: string[];
  agent: Program;
}

/** A cell on several hosts of one machine: a master on the first, and an engine and an agent on each. Owns all of it. */
export class Site {
  readonly directory: string;
  readonly switch = Switch.make();
  readonly hosts: Host[] = [];
  readonly #masterFlags: readonly string[];
  master!: Program;
  kubectl!: Kubectl;

  private constructor(directory: string, masterFlags: readonly string[]) {
    this.directory = directory;
    this.#masterFlags = masterFlags;
  }

  static async start(names: readonly string[], masterFlags: readonly string[]): Promise<Site> {
    const site = new Site(await mkdtemp(join(tmpdir(), 'stowage-site-')), masterFlags);
    try {
      const plugs = names.map((name) => site.switch.plug(name));
      await Promise.all([site.startMaster(plugs[0]!), ...plugs.map((plug) => site.#startEngine(plug))]);
      await Promise.all(site.hosts.map((host) => site.startAgent(host)));
      return site;
    } catch (error) {
      await site.destroy();
      throw error;
    }
  }

  get masterDir(): string {
    return join(this.directory, 'master');
  }

  get cellId(): string {
    return readFileSync(join(this.masterDir, 'cell-id'), 'utf8').trim();
  }

  host(name: string): Host {
    const found = this.hosts.find(({ plug }) => plug.name === name);
    if (!found) throw new Error(`there is no host ${name}`);
    return found;
  }

  async startMaster(plug = this.hosts[0]!.plug): Promise<void> {
    this.master = this.#stowctl(
      plug,
      'master',
      '--data-dir',
      this.masterDir,
      '--port',
      `${PORT}`,
      ...this.#masterFlags,
    );
    await this.master.saysLine(/^ready$/);
    const { kubectl } = await locateTools();
    const wrapped = join(this.directory, 'kubectl');
    writeFileSync(wrapped, `#!/bin/sh\nexec ${[...plug.enter, kubectl].join(' ')} "$@"\n`);
    chmodSync(wrapped, 0o755);
    this.kubectl = new Kubectl(wrapped, join(this.masterDir, 'kubeconfig'));
  }

  /** Waits until a master has welcomed it, unless none is there. */
  async startAgent(host: Host, { alone = false } = {}): Promise<void> {
    const token = (await readFile(join(this.masterDir, 'join-token'), 'utf8')).trim();
    const { plug, engine, dataDir } = host;
    const master = `https://${this.hosts.find((each) => each.plug === this.switch.plugs[0])?.plug.address}:${PORT}`;
    const place = [...host.flags, '--data-dir', dataDir, '--node-name', plug.name, '--docker-host', engine.host];
    const joining = ['--master', master, '--token', token, '--metrics-port', '0', '--log-level', 'warn'];
    host.agent = this.#stowctl(plug, 'agent', ...joining, ...place);
    if (!alone) await host.agent.saysLine(/^ready$/);
  }

  /** A command as the host runs it. */
  on(plug: Plug, ...command: string[]): Promise<Ran> {
    const [program = '', ...args] = [...plug.enter, ...command];
    return run(program, args);
  }

  /** A shell line in a pod. */
  inPod(pod: string, line: string): Promise<Ran> {
    return this.kubectl.try(['exec', pod, '--', 'sh', '-c', line]);
  }

  async destroy(): Promise<void> {
    await Promise.all(this.hosts.map(({ agent }) => agent?.end()));
    await this.master?.end();
    for (const { plug, dataDir, engine } of this.hosts) {
      const down = this.#stowctl(plug, 'down', '--data-dir', dataDir, '--docker-host', engine.host);
      await down.exit(60_000).catch(() => down.end('SIGKILL'));
      await engine.stop();
    }
    this.switch.destroy();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #startEngine(plug: Plug): Promise<void> {
    const { dockerd } = await locateTools();
    if (!dockerd) throw new Error('several hosts on one machine need root and dockerd');
    const engine = await startEngineInside(dockerd, plug.enter);
    await new Engine(engine.host).ensureTestImage();
    this.hosts.push({ plug, engine, dataDir: join(this.directory, plug.name), flags: [] } as unknown as Host);
  }

  #stowctl({ enter }: Plug, ...args: string[]): Program {
    const [program = '', ...rest] = [...enter, process.execPath, STOWCTL, ...args];
    return new Program(program, rest);
  }
}
