import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { locateTools } from '../../deploy/setup/tools.mjs';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { run } from '../kubectl.ts';
import { type PrivateEngine, startSecondEngine } from '../private-engine.ts';
import { which } from './debian.ts';
import { Machine } from './machine.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = join(ROOT, 'deploy/install.sh');
const WEB = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: TEST_IMAGE,
            command: ['sleep', '100000'],
            volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'part' }],
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  },
};

test.skipIf(!which('shellcheck'))('shellcheck finds no fault with install.sh', async () => {
  expect(await run('shellcheck', [SCRIPT])).toMatchObject({ code: 0, stdout: '' });
});

/** One machine, from bare to installed, through faults and upgrades, to bare again: each test goes on where the one before ended. */
describe('install.sh, on a machine with systemd', () => {
  let directory: string;
  let engine: PrivateEngine;
  let machine: Machine;

  const script = () => join(directory, 'package/deploy/install.sh');
  const install = (words: string) => machine.sh(`sh ${script()} ${words}`);
  const active = (unit: string) => machine.sh(`systemctl is-active ${unit}`);
  const processOf = (unit: string) => machine.sh(`systemctl show --property MainPID --value ${unit}`);
  const version = () => machine.sh('readlink /opt/stowage/current');
  const joined = () =>
    eventually('the node to be ready', async () => / Ready /.test(await machine.sh('stowctl get nodes')), 60_000);
  const running = async () => {
    const containers = await machine.sh('docker ps --no-trunc --quiet --filter label=io.kubernetes.container.name=web');
    return containers.split('\n').filter(Boolean).sort();
  };

  beforeAll(async () => {
    const { dockerd } = await locateTools();
    if (!dockerd) throw new Error('this test starts a Docker engine of its own: root and dockerd are needed');
    directory = await mkdtemp(join(tmpdir(), 'stowage-test-install-'));
    const packed = await run('npm', ['pack', ROOT, '--silent', '--pack-destination', directory]);
    expect(packed, packed.stderr).toMatchObject({ code: 0 });
    const archive = join(directory, packed.stdout.trim().split('\n').at(-1) ?? '');
    await run('tar', ['-C', directory, '-xzf', archive]);
    engine = await startSecondEngine(dockerd);
    await new Engine(engine.host).ensureTestImage();
    await run('docker', ['-H', engine.host, 'save', '--output', join(directory, 'image.tar'), TEST_IMAGE]);
    machine = await Machine.boot(engine, 'stowage-machine', directory, directory);
    await machine.sh(`systemctl start docker && docker load --input ${directory}/image.tar`);
  });

  afterAll(async () => {
    await machine?.stop();
    await engine?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  test('units are without fault, and a master may do nothing but serve', async () => {
    const units = `${directory}/package/deploy/systemd/stowage-*.service`;
    const exposure = async (unit: string) =>
      Number((await machine.sh(`systemd-analyze security ${unit} | tail -1`)).match(/: ([\d.]+)/)?.[1]);
    await install('server --port 7443 --network vxlan');
    expect(await machine.sh('systemd-analyze verify /etc/systemd/system/stowage-master.service 2>&1')).toBe('');
    expect(await exposure('stowage-master')).toBeLessThan(2);
    expect(await machine.sh(`ls ${units} | wc -l`)).toBe('2');
  });

  test('a server serves when the script ends, as a user without rights', async () => {
    expect(await active('stowage-master')).toBe('active');
    expect(await machine.sh('stowctl get namespaces')).toContain('kube-system');
    expect(await machine.sh(`ps -o user= -p ${await processOf('stowage-master')}`)).toBe('stowage');
    expect(await machine.sh('stat -c "%U %a" /var/lib/stowage /etc/stowage/master.yaml')).toBe('stowage 700\nroot 640');
  });

  test("a key that only root may read is the master's as a credential", async () => {
    const key = '/etc/stowage/encryption.key';
    await machine.sh(`(umask 077; head -c 32 /dev/urandom | base64 > ${key})`);
    const units = '/etc/systemd/system/stowage-master.service.d';
    await machine.sh(
      `mkdir ${units}; printf '[Service]\\nLoadCredential=encryption.key:${key}\\n' > ${units}/key.conf`,
    );
    await install('server --encryption-key /run/credentials/stowage-master.service/encryption.key');
    expect(await active('stowage-master')).toBe('active');
  });

  test('an agent joins with the words that `token create` prints, and pods run', async () => {
    const refused = await machine.run(`sh ${script()} agent`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('the agent needs --master') });
    const line = await machine.sh('stowctl token create');
    await install(line.replace('npx stowctl ', ''));
    await joined();
    await machine.sh('stowctl apply -f -', JSON.stringify(WEB));
    await eventually('two pods', async () => (await running()).length === 2, 60_000);
    // The agent may drive the kernel's network, too.
    expect(await machine.sh('stowctl get pods -o wide')).toMatch(/ 10\.128\.\d+\.\d+ /);
  });

  test.each([
    ['killed', 'systemctl kill --signal KILL --kill-who main'],
    ['restarted', 'systemctl restart'],
  ])('%s, both come back and find the containers they left', async (_, how) => {
    const before = await running();
    for (const unit of ['stowage-agent', 'stowage-master']) {
      const old = await processOf(unit);
      await machine.sh(`${how} ${unit}`);
      await eventually('another process', async () => !['0', old].includes(await processOf(unit)));
      await eventually('it to serve', async () => (await active(unit).catch(() => '')) === 'active');
    }
    await joined();
    expect(await running()).toEqual(before);
  });

  test('after a reboot both come up by themselves, and Docker with them', async () => {
    await machine.reboot();
    await eventually(
      'the master to serve',
      async () => (await machine.run('systemctl is-active stowage-master')).code === 0,
      60_000,
    );
    expect(await active('stowage-agent')).toBe('active');
    await eventually('pods to run again', async () => (await running()).length === 2, 90_000);
    // The link to the program was in /usr/local.
    await install('server');
    await joined();
  });

  test('another machine joins with the same words', async () => {
    const other = await Machine.boot(engine, 'stowage-other', directory, directory);
    try {
      await other.sh('systemctl start docker');
      const line = await machine.sh('stowctl token create');
      await other.sh(`sh ${script()} ${line.replace('npx stowctl ', '')}`);
      const ready = async () => /stowage-other +Ready /.test(await machine.sh('stowctl get nodes'));
      await eventually('the other node', ready, 60_000);
      await other.sh(`sh ${script()} uninstall --purge`);
      await machine.sh('stowctl delete node stowage-other');
    } finally {
      await other.stop();
    }
  });

  test('installed again, nothing is restarted, and settings stay as people left them', async () => {
    const processes = () => Promise.all([processOf('stowage-master'), processOf('stowage-agent')]);
    const before = await processes();
    const settings = await machine.sh('cat /etc/stowage/*.yaml');
    await install('server');
    await install('agent');
    expect(await processes()).toEqual(before);
    expect(await machine.sh('cat /etc/stowage/*.yaml')).toBe(settings);
  });

  test('an upgrade restarts both on the new version, a rollback on the old one, and containers go on', async () => {
    const before = { version: await version(), containers: await running() };
    const manifest = join(directory, 'package/package.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace(/"version": ".*"/, '"version": "9.9.9"'));
    await install('server');
    expect(await version()).toMatch(/^versions\/9\.9\.9-/);
    expect(await machine.sh('stowctl version')).toBe('stowctl 9.9.9');
    const runs = async (unit: string) => await machine.sh(`tr '\\0' ' ' < /proc/${await processOf(unit)}/cmdline`);
    for (const unit of ['stowage-master', 'stowage-agent']) expect(await runs(unit)).toContain('versions/9.9.9');
    await joined();
    await install('rollback');
    expect(await version()).toBe(before.version);
    for (const unit of ['stowage-master', 'stowage-agent']) expect(await runs(unit)).toContain(before.version);
    await joined();
    expect(await running()).toEqual(before.containers);
  });

  test('what was asked wrongly is not tried again and again', async () => {
    await install('agent --no-start --node-name "-x-"');
    await machine.run('systemctl restart stowage-agent');
    await eventually(
      'it to give up',
      async () => (await machine.run('systemctl is-failed stowage-agent')).stdout.trim() === 'failed',
    );
    expect(await machine.sh('journalctl --unit stowage-agent --lines 20')).toContain(
      'node-name in /etc/stowage/agent.yaml is "-x-"',
    );
    await install('agent --node-name stowage-machine');
    await joined();
  });

  test('a server that cannot start says why', async () => {
    const nowhere = '--etcd-endpoints http://127.0.0.1:1';
    const refused = await machine.run(`sh ${script()} server --store etcd ${nowhere}`);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('stowctl: etcd does not answer at http://127.0.0.1:1');
    expect(refused.stderr).toContain('stowage-master.service does not start');
    await install('server --store sqlite');
    expect(await active('stowage-master')).toBe('active');
  });

  test('uninstalled, the program is gone and what it looked after is not', async () => {
    const before = await running();
    expect(await install('uninstall')).toContain('Kept: /etc/stowage');
    expect(
      await machine.run('ls /opt/stowage /usr/local/bin/stowctl /etc/systemd/system/stowage-master.service'),
    ).toMatchObject({ stdout: '' });
    expect(await running()).toEqual(before);
    await install('server');
    await install('agent');
    await joined();
    expect(await running()).toEqual(before);
  });

  test('purged, nothing is left', async () => {
    await install('uninstall --purge');
    expect(await machine.sh('docker ps --all --quiet')).toBe('');
    const left = await machine.sh(
      'ls -d /opt/stowage* /etc/stowage* /var/lib/stowage* /var/cache/stowage* /etc/systemd/system/stowage* 2>/dev/null; id stowage 2>/dev/null; true',
    );
    expect(left).toBe('');
  });
});
