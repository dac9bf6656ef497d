import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../kubectl.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/install.sh', import.meta.url));

/** Below a scratch root, in vain. */
describe('install.sh, where it cannot', () => {
  let directory: string;
  const install = (path: string, ...words: string[]) =>
    run('/bin/sh', [SCRIPT, ...words], { env: { ...process.env, PATH: path, DESTDIR: join(directory, 'root') } });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stowage-test-scratch-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  test.each([
    ['without a role', [], 2, 'server, agent, rollback or uninstall?'],
    ['with another role', ['master'], 2, '"master" is none of server, agent, rollback, uninstall'],
    ['with a word that is no setting', ['server', 'store', 'etcd'], 2, '"store" is no setting'],
    ['without a file for --from', ['server', '--from'], 2, '--from needs a file'],
    ['with a package that is not there', ['server', '--from', '/none.tgz'], 1, 'there is no package /none.tgz'],
    ['with what is no package', ['server', '--from', SCRIPT], 1, 'is no package of npm'],
    ['back to what never was', ['rollback'], 1, 'there is no version before the one in /opt/stowage'],
  ])('%s', async (_, words, code, sentence) => {
    expect(await install(process.env.PATH ?? '', ...words)).toMatchObject({
      code,
      stderr: expect.stringContaining(sentence),
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test('without Node.js, or with one that is too old', async () => {
    const programs = join(directory, 'bin');
    await run('mkdir', [programs]);
    const needed = 'for each in dirname id sed mktemp rm cat sha256sum readlink; do command -v $each; done';
    const { stdout } = await run('/bin/sh', ['-c', needed]);
    for (const each of stdout.trim().split('\n')) await symlink(each, join(programs, basename(each)));
    expect((await install(programs, 'server')).stderr).toContain(
      'Node.js 20 or newer is needed and there is none on the PATH',
    );
    await writeFile(join(programs, 'node'), '#!/bin/sh\necho v18.19.0\n', { mode: 0o755 });
    expect((await install(programs, 'server')).stderr).toMatch(
      /Node.js 20 or newer is needed, and .*bin\/node is v18.19.0/,
    );
    await rm(programs, { recursive: true });
  });
});
