import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ran, run } from '../kubectl.ts';

/** Bases for the Dockerfile, where no registry can be asked: a bare Debian, and one with this machine's Node.js and npm. */
export const BASE = 'stowage-test/debian:1';
export const BUILD_BASE = 'stowage-test/debian-node:1';

const SUITE = 'bookworm';
/** Where what the tests fetch is kept; git-ignored. */
const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const AUTHORITIES = 'etc/ssl/certs/ca-certificates.crt';

/** Loads both into an engine. Debian's packages are fetched once, and kept beside what else the tests fetch. */
export async function loadBases(dockerHost: string, directory: string): Promise<void> {
  const debian = await bareDebian();
  const root = join(directory, 'debian');
  mkdirSync(root);
  await must('tar', '-C', root, '-xf', debian);
  await must('docker', '-H', dockerHost, 'import', debian, BASE);
  addNode(root);
  const archive = `${root}.tar`;
  await must('tar', '-C', root, '-cf', archive, '.');
  await must('docker', '-H', dockerHost, 'import', ...trust(), archive, BUILD_BASE);
  rmSync(root, { recursive: true });
  rmSync(archive);
}

async function bareDebian(): Promise<string> {
  const kept = join(CACHE, `debian-${SUITE}.tar`);
  if (existsSync(kept)) return kept;
  if (!which('debootstrap')) throw new Error('this test makes a base image of Debian: apt-get install debootstrap');
  mkdirSync(CACHE, { recursive: true });
  const making = mkdtempSync(join(CACHE, 'debian-'));
  try {
    const root = join(making, 'root');
    await must('debootstrap', '--variant=minbase', '--include=ca-certificates', SUITE, root);
    const spare = ['--exclude=./var/cache/apt/archives/*.deb', '--exclude=./var/lib/apt/lists/*'];
    await must('tar', ...spare, '-C', root, '-cf', join(making, 'tar'), '.');
    renameSync(join(making, 'tar'), kept);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return kept;
}

/** With the authorities that this machine trusts: what is between it and npm's packages may be one of its own. */
function addNode(root: string): void {
  const npm = realpathSync(which('npm') ?? '');
  const modules = join(root, 'usr/lib/node_modules');
  mkdirSync(modules, { recursive: true });
  copyFileSync(process.execPath, join(root, 'usr/bin/node'));
  cpSync(join(npm, '../..'), join(modules, 'npm'), { recursive: true, verbatimSymlinks: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/bin/npm'));
  if (existsSync(join('/', AUTHORITIES))) copyFileSync(join('/', AUTHORITIES), join(root, AUTHORITIES));
}

const trust = () => (process.env.NODE_EXTRA_CA_CERTS ? ['--change', `ENV NODE_EXTRA_CA_CERTS=/${AUTHORITIES}`] : []);

/** Full path of a program on the PATH. */
export function which(program: string): string | undefined {
  return spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim() || undefined;
}

/** Runs a command, which must succeed within two minutes. */
export async function must(command: string, ...args: string[]): Promise<Ran> {
  const ran = await run(command, args);
  if (ran.code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${ran.code}: ${ran.stderr.slice(-2000)}`);
  return ran;
}
