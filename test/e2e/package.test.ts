import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../cell.ts';
import { run } from '../kubectl.ts';
import { Program } from '../program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs npm, which must have succeeded. */
async function npm(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run('npm', args);
  if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}: ${(stdout + stderr).slice(-2000)}`);
}

describe('the package, installed elsewhere', () => {
  let directory: string;
  let home: string;
  let stowctl: string;
  let up: Program | undefined;
  const dataDir = () => join(directory, 'cell');
  const inPackage = (...path: string[]) => join(home, 'node_modules', 'stowage', ...path);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stowage-test-package-'));
    home = join(directory, 'home');
    await mkdir(home);
    await writeFile(join(home, 'package.json'), JSON.stringify({ name: 'elsewhere', private: true }));
    await npm('pack', ROOT, '--silent', '--pack-destination', directory);
    const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz'));
    await npm(
      'install',
      '--prefix',
      home,
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      join(directory, tarball ?? '-'),
    );
    stowctl = join(home, 'node_modules', '.bin', 'stowctl');
  });

  afterAll(async () => {
    await up?.end();
    if (stowctl) await run(stowctl, ['down', '--data-dir', dataDir(), '--docker-host', inject('dockerHost')]);
    await rm(directory, { recursive: true, force: true });
  });

  test('carries JavaScript and what it reads, not sources or tests', async () => {
    const files = await readdir(inPackage(), { recursive: true });
    const ours = files.filter((name) => !name.startsWith('node_modules'));
    expect(ours).toContain('dist/cell/stowctl.js');
    expect(ours).toContain('dist/proto/agent.proto');
    expect(ours).toContain('dist/deploy/examples/web.yaml');
    expect(ours.filter((name) => /\.ts$|\.test\.|\.suite\.|\.fixture\./.test(name))).toEqual([]);
  });

  test('tells its version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await run(stowctl, ['version'])).toMatchObject({ code: 0, stdout: `stowctl ${version}\n` });
  });

  test('runs a cell and its examples, and takes everything away again', async () => {
    const place = ['--data-dir', dataDir(), '--port', String(await freePort()), '--docker-host', inject('dockerHost')];
    up = new Program(stowctl, ['up', '--node-name', 'packed', ...place]);
    await up.saysLine(/^ready$/);
    await up.saysLine(/^job\/batch: 4 of 4 pods done$/, 120_000);
    const kubeconfig = join(dataDir(), 'kubeconfig');
    const nodes = await run(stowctl, ['get', 'nodes', '-o', 'name', '--kubeconfig', kubeconfig]);
    expect(nodes).toMatchObject({ code: 0, stdout: 'node/packed\n' });
    expect(await up.end('SIGTERM')).toBe(0);
    const down = await run(stowctl, ['down', '--data-dir', dataDir(), '--docker-host', inject('dockerHost')]);
    expect(down.stdout).toMatch(/removed \d+ containers, 1 networks/);
    expect(await readdir(directory)).not.toContain('cell');
  });
});
