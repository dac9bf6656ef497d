import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../cell.ts';
import { type Ran, run } from '../../kubectl.ts';
import { STOWCTL } from '../../program.ts';

export interface Place {
  /** A directory of the test's own. */
  directory: string;
  /** The port of a cell that runs, and its data directory. */
  port: number;
  dataDir: string;
  dockerHost: string;
}

/** Of the right form, and of no cell. */
const TOKEN = `stw1.${'0'.repeat(64)}.${'a'.repeat(32)}`;

const stowctl = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  run(process.execPath, [STOWCTL, ...args], { env: { ...process.env, ...env } });

/** One sentence on standard error, nothing else, and an exit code that says so. */
function isOneSentence({ code, stdout, stderr }: Ran, expected: RegExp, expectedCode = 1): void {
  expect(stderr).toMatch(expected);
  expect(stderr).toMatch(/^stowctl: [^\n]+\n$/);
  expect(stderr).not.toMatch(/ {4}at |node:|Error:|undefined/);
  expect(stdout).toBe('');
  expect(code).toBe(expectedCode);
}

/** What a person can do wrong, or find broken. */
export function troubles(place: () => Place): void {
  const up = (...args: string[]) => ['up', '--no-demo', '--docker-host', place().dockerHost, ...args];
  const fresh = (name: string) => join(place().directory, name);

  describe('one sentence for', () => {
    test('a port in use', async () => {
      const { port } = place();
      const ran = await stowctl(up('--data-dir', fresh('taken'), '--port', String(port)));
      isOneSentence(ran, new RegExp(`port ${port} .*already in use.*--port`));
    });

    test('a data directory in use', async () => {
      const ran = await stowctl(up('--data-dir', place().dataDir, '--port', String(await freePort())));
      isOneSentence(ran, /is in use by another master \(process \d+\).*--data-dir/);
      isOneSentence(
        await stowctl(['down', '--data-dir', place().dataDir]),
        /is running \(process \d+\): stop it first/,
      );
    });

    test('a data directory that can be none', async () => {
      await writeFile(fresh('file'), '');
      const port = String(await freePort());
      isOneSentence(await stowctl(up('--data-dir', fresh('file'), '--port', port)), /is not a directory.*--data-dir/);
      isOneSentence(
        await stowctl(up('--data-dir', join(fresh('file'), 'x'), '--port', port)),
        /is not a directory.*--data-dir/,
      );
      // Nobody may write there, not even root.
      isOneSentence(
        await stowctl(up('--data-dir', '/proc/stowage', '--port', port)),
        /\/proc\/stowage.* cannot be made/,
      );
    });

    test('a dead etcd', async () => {
      const endpoint = `http://127.0.0.1:${await freePort()}`;
      const etcd = ['--store', 'etcd', '--etcd-endpoints', endpoint];
      const ran = await stowctl(up('--data-dir', fresh('etcd'), '--port', String(await freePort()), ...etcd));
      isOneSentence(
        ran,
        new RegExp(`etcd does not answer at ${endpoint}: start it, or name its address with --etcd-endpoints`),
      );
    });

    test('a dead Docker', async () => {
      const docker = ['--docker-host', 'unix:///nonexistent/docker.sock'];
      const ran = await stowctl(up('--data-dir', fresh('docker'), '--port', String(await freePort()), ...docker));
      isOneSentence(
        ran,
        /no Docker engine answers at unix:\/\/\/nonexistent\/docker\.sock: start one, or .*--docker-host/,
      );
      const agent = [
        'agent',
        '--master',
        `https://127.0.0.1:${place().port}`,
        '--token',
        TOKEN,
        '--data-dir',
        fresh('agent'),
      ];
      isOneSentence(await stowctl([...agent, ...docker]), /no Docker engine answers/);
    });

    test('an agent without a master, or with a token that is none', async () => {
      isOneSentence(await stowctl(['agent', '--data-dir', fresh('agent')]), /--master/, 2);
      const master = ['agent', '--data-dir', fresh('agent'), '--master', `https://127.0.0.1:${place().port}`];
      isOneSentence(await stowctl(master), /--token/, 2);
      const docker = ['--docker-host', place().dockerHost];
      isOneSentence(await stowctl([...master, ...docker, '--token', 'nonsense']), /join token .* is not of the form/);
      // Of the right form, but another cell's.
      isOneSentence(await stowctl([...master, ...docker, '--token', TOKEN]), /master/);
    });

    test.each([
      [['up', '--prot', '1'], /unknown option '--prot'.*see `stowctl up --help`/],
      [['upp'], /unknown command 'upp'.*see `stowctl --help`/],
      [['up', '--port'], /--port <port>.* argument missing/],
      [['up', '--port', 'many'], /--port is "many", but it must be a whole number from 1 to 65535/],
      [['up', '--store', 'paper'], /--store is "paper", but it must be sqlite or etcd/],
      [['up', '--etcd-endpoints', 'here'], /--etcd-endpoints .*http:\/\/127\.0\.0\.1:2379/],
      [['up', '--config', '/nonexistent.yml'], /cannot read the config file \/nonexistent\.yml/],
      [['agent', '--master', 'http://x'], /--master is "http:\/\/x", but it must be like https:\/\/HOST:6443/],
    ] as const)('%j', async (args, expected) => {
      isOneSentence(await stowctl(args), expected, 2);
    });

    test('bad values in variables and in the config file', async () => {
      isOneSentence(await stowctl(['up'], { STOWAGE_PORT: '0' }), /STOWAGE_PORT is "0", but it must be/, 2);
      const config = fresh('config.yml');
      await writeFile(config, 'prot: 1\n');
      isOneSentence(await stowctl(['up', '--config', config]), /has the unknown key "prot": known are /, 2);
      await writeFile(config, 'port: [\n');
      isOneSentence(await stowctl(['up', '--config', config]), /config\.yml is not YAML/, 2);
    });

    test('no cell where one is looked for', async () => {
      isOneSentence(await stowctl(['down', '--data-dir', fresh('nowhere')]), /there is no cell in .*nowhere/);
      isOneSentence(await stowctl(['kubeconfig', '--data-dir', fresh('nowhere')]), /nowhere/);
      await writeFile(fresh('precious'), '');
      isOneSentence(await stowctl(['down', '--data-dir', place().directory]), /holds no cell .*nothing was removed/);
    });
  });

  test('version', async () => {
    const ran = await stowctl(['version']);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/^stowctl \d+\.\d+\.\d+\n$/), stderr: '' });
  });
}
