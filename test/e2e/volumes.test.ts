import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { PersistentVolume } from '../../api/core/persistent-volume.ts';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { run } from '../kubectl.ts';
import { Program } from '../program.ts';

const claim = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } }, ...spec },
});
const pod = (name: string, script: string, volume: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    volumes: [{ name: 'data', ...volume }],
    containers: [
      {
        name: 'main',
        image: TEST_IMAGE,
        command: ['/bin/sh', '-c', script],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
        securityContext: { runAsUser: 1000 },
      },
    ],
  },
});

describe('storage by claims', () => {
  let cell: TestCell;
  beforeAll(async () => {
    const dockerHost = inject('dockerHost');
    await new Engine(dockerHost).ensureTestImage();
    cell = await TestCell.create({ dockerHost, kubectl: inject('kubectl') });
    await cell.start();
  });
  afterAll(() => cell?.destroy());

  const succeeded = (name: string) =>
    cell.kubectl.run(['wait', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=30s', `pod/${name}`]);
  const events = (name: string) => cell.kubectl.run(['events', '--for', `pvc/${name}`]);
  const directories = () => readdir(join(cell.agentDir('n1'), 'local-path')).catch(() => []);
  const volumes = () => cell.kubectl.json<{ items: PersistentVolume[] }>(['get', 'pv']);
  const mine = { persistentVolumeClaim: { claimName: 'mine' } };

  test('a claim gets a directory of the machine that its first pod comes to, and keeps it', async () => {
    expect(await cell.kubectl.run(['get', 'storageclass'])).toMatch(/local-path \(default\) +stowage.dev\/local-path/);
    await cell.kubectl.apply(claim('mine'));
    await eventually('the claim to wait', async () => (await events('mine')).includes('WaitForFirstConsumer'));
    await cell.kubectl.apply(pod('writer', 'echo kept > /data/file', mine));
    await succeeded('writer');
    expect(await events('mine')).toContain('ProvisioningSucceeded');
    const [volume] = (await volumes()).items;
    expect(volume?.spec).toMatchObject({ persistentVolumeReclaimPolicy: 'Delete', storageClassName: 'local-path' });
    expect(volume?.spec?.hostPath?.path).toContain(join(cell.agentDir('n1'), 'local-path', 'pvc-'));
    await cell.kubectl.run(['delete', 'pod', 'writer']);
    await cell.kubectl.apply(pod('reader', 'cat /data/file', mine));
    await succeeded('reader');
    expect(await cell.kubectl.run(['logs', 'reader'])).toBe('kept\n');
  });

  test('a claim goes after its pods, and takes what was written with it', async () => {
    await cell.kubectl.run(['delete', 'pvc', 'mine', '--wait=false']);
    expect(await cell.kubectl.run(['get', 'pvc', 'mine'])).toContain('Terminating');
    expect(await directories()).toHaveLength(1);
    await cell.kubectl.run(['delete', 'pod', 'reader']);
    await cell.kubectl.run(['wait', '--for=delete', '--timeout=30s', 'pvc/mine']);
    await eventually('the volume to go', async () => (await volumes()).items.length === 0);
    expect(await directories()).toEqual([]);
  });

  test('a volume of an agent that was away is erased when it is back', async () => {
    await cell.kubectl.apply(claim('late'));
    await cell.kubectl.apply(pod('late', 'echo > /data/file', { persistentVolumeClaim: { claimName: 'late' } }));
    await succeeded('late');
    await cell.agent?.end();
    await cell.kubectl.run(['delete', 'pod', 'late', '--force', '--grace-period=0']);
    await cell.kubectl.run(['delete', 'pvc', 'late']);
    await eventually('the volume to be let go', async () => (await volumes()).items[0]?.metadata?.deletionTimestamp);
    expect(await directories()).toHaveLength(1);
    await cell.startAgent();
    await eventually('the volume to go', async () => (await volumes()).items.length === 0);
    expect(await directories()).toEqual([]);
  });

  test('an ephemeral volume comes and goes with its pod', async () => {
    const { spec } = claim('');
    await cell.kubectl.apply(pod('brief', 'echo > /data/file', { ephemeral: { volumeClaimTemplate: { spec } } }));
    await succeeded('brief');
    expect(await cell.kubectl.run(['get', 'pvc', 'brief-data'])).toContain('Bound');
    await cell.kubectl.run(['delete', 'pod', 'brief']);
    await eventually(
      'all to go',
      async () => (await volumes()).items.length === 0 && (await directories()).length === 0,
    );
  });

  test('a stateful set finds its data again', async () => {
    const { spec } = pod('db', 'cat /data/file; echo kept > /data/file; sleep 1000', {});
    const labels = { app: 'db' };
    const { restartPolicy: _, volumes: __, ...template } = spec;
    await cell.kubectl.apply({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        serviceName: 'db',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: template },
        volumeClaimTemplates: [claim('data')],
      },
    });
    const said = (text: string) =>
      eventually(`db-0 to say ${text}`, async () => (await cell.kubectl.try(['logs', 'db-0'])).stdout.includes(text));
    const written = () => cell.kubectl.try(['exec', 'db-0', '--', 'cat', '/data/file']);
    await eventually('the data', async () => (await written()).stdout === 'kept\n');
    await cell.kubectl.run(['delete', 'pod', 'db-0']);
    await said('kept');
    await cell.kubectl.run(['delete', 'statefulset', 'db']);
    expect(await cell.kubectl.run(['get', 'pvc', 'data-db-0'])).toContain('Bound');
  });

  test('what a directory cannot be is said', async () => {
    await cell.kubectl.apply(claim('shared', { accessModes: ['ReadWriteMany'] }));
    await cell.kubectl.apply(pod('shared', 'true', { persistentVolumeClaim: { claimName: 'shared' } }));
    await eventually('the event', async () => (await events('shared')).includes('cannot be ReadWriteMany'));
  });

  test('what is mounted below the data directory is not removed with it', async () => {
    await cell.agent?.end();
    const dataDir = cell.agentDir('n1');
    const disk = join(dataDir, 'local-path', 'disk');
    const down = async () => {
      const program = Program.stowctl('down', '--data-dir', dataDir, '--docker-host', inject('dockerHost'));
      return { code: await program.exit(), output: program.output };
    };
    await mkdir(disk, { recursive: true });
    await run('mount', ['-t', 'tmpfs', 'tmpfs', disk]);
    await writeFile(join(disk, 'precious'), 'x');
    const refused = await down();
    const there = await readdir(disk);
    await run('umount', [disk]);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining(`unmount ${disk} first`) });
    expect(there).toEqual(['precious']);
    expect((await down()).code).toBe(0);
    await expect(readdir(dataDir)).rejects.toThrow('ENOENT');
  });
});
