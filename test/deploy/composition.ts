import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateTools } from '../../deploy/setup/tools.mjs';
import { freePort } from '../cell.ts';
import { Engine } from '../docker.ts';
import { Kubectl, type Ran } from '../kubectl.ts';
import { type PrivateEngine, startSecondEngine } from '../private-engine.ts';
import { BASE, BUILD_BASE, loadBases, must, which } from './debian.ts';

const COMPOSE_FILE = fileURLToPath(new URL('../../deploy/compose.yaml', import.meta.url));
const PROJECT = 'stowage-test';
const PARTS = [1, 2, 3] as const;

/**
 * The cell of deploy/compose.yaml on an engine of its own, its images built from this checkout. Owns the engine, all that is in it,
 * and a directory that is a shared mount, as a machine's root is where systemd has made it.
 */
export class Composition {
  readonly engine: PrivateEngine;
  readonly directory: string;
  readonly #settings: Record<string, string>;
  readonly #kubectl: string;

  private constructor(engine: PrivateEngine, directory: string, settings: Record<string, string>, kubectl: string) {
    this.engine = engine;
    this.directory = directory;
    this.#settings = settings;
    this.#kubectl = kubectl;
  }

  static async make(): Promise<Composition> {
    const { dockerd, kubectl } = await locateTools();
    if (!dockerd || !kubectl) throw new Error('this test needs root, dockerd and kubectl');
    const directory = mkdtempSync(join(tmpdir(), 'stowage-test-compose-'));
    spawnSync('mount', ['--bind', '--make-shared', directory, directory]);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = directory;
    const engine = await startSecondEngine(dockerd).finally(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    });
    const socket = engine.host.slice('unix://'.length);
    const settings: Record<string, string> = {
      DOCKER_SOCKET: socket,
      DOCKER_ROOT: join(socket, '../data'),
      AGENT_ROOT: join(directory, 'agents'),
      BASE,
      BUILD_BASE,
      STOWAGE_LOG_LEVEL: 'warn',
    };
    for (const part of PARTS) {
      settings[`PORT_${part}`] = String(await freePort());
      settings[`METRICS_PORT_${part}`] = String(await freePort());
    }
    mkdirSync(join(directory, 'agents'));
    return new Composition(engine, directory, settings, kubectl);
  }

  async build(): Promise<void> {
    await loadBases(this.engine.host, this.directory);
    await new Engine(this.engine.host).ensureTestImage();
    await this.compose('build');
  }

  /** kubectl at one of the masters. */
  kubectl(master: (typeof PARTS)[number]): Kubectl {
    const file = join(this.directory, `kubeconfig-${master}`);
    const { stdout } = spawnSync(
      'docker',
      this.#docker('exec', this.container(`master-${master}`), 'stowctl', 'kubeconfig'),
      {
        encoding: 'utf8',
      },
    );
    writeFileSync(file, stdout.replace(':6443', `:${this.#settings[`PORT_${master}`]}`));
    return new Kubectl(this.#kubectl, file);
  }

  container(service: string): string {
    return `${PROJECT}_${service}_1`;
  }

  docker(...args: string[]): Promise<Ran> {
    return must('docker', ...this.#docker(...args));
  }

  /** docker-compose with this file, which must succeed. A build takes minutes: its words go to a file, and are told when it fails. */
  async compose(...args: string[]): Promise<string> {
    const said = join(this.directory, 'said');
    const out = openSync(said, 'w');
    const env = { ...process.env, ...this.#settings, DOCKER_HOST: this.engine.host };
    const [command = '', ...first] = composeCommand();
    const all = [...first, '--file', COMPOSE_FILE, '--project-name', PROJECT, ...args];
    const child = spawn(command, all, { env, stdio: ['ignore', out, out] });
    const code = await new Promise((resolve) => child.once('exit', resolve).once('error', () => resolve(-1)));
    closeSync(out);
    const text = readFileSync(said, 'utf8');
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${text.slice(-3000)}`);
    return text;
  }

  async destroy(): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '5').catch(() => undefined);
    await this.engine.stop();
    // Lazily: the log of the engine that was in there is still open here.
    await must('umount', '--recursive', '--lazy', this.directory);
    await rm(this.directory, { recursive: true, force: true });
  }

  #docker(...args: string[]): string[] {
    return ['-H', this.engine.host, ...args];
  }
}

/** Docker's plugin where it is, else the program of before. */
function composeCommand(): string[] {
  if (spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0) {
    return ['docker', 'compose', '--compatibility'];
  }
  const program = which('docker-compose');
  if (!program) throw new Error('this test needs docker compose: apt-get install docker-compose');
  return [program];
}
