import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';
import { eventually } from '../eventually.ts';
import { run } from '../kubectl.ts';
import { Program, STOWCTL } from '../program.ts';

const REPLICAS = 2;
const containers = [{ name: 'main', image: TEST_IMAGE, command: ['sleep', '1000'] }];
const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 1, containers } },
  },
};
const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { minAvailable: REPLICAS - 1, selector: web.spec.selector },
};
const latePod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'late' },
  spec: { terminationGracePeriodSeconds: 1, containers },
};

describe('a cell', () => {
  let cell: TestCell;
  let engine: Engine;
  let etcd: TestEtcd | undefined;
  let kept: string[];

  beforeAll(async () => {
    const dockerHost = inject('dockerHost');
    engine = new Engine(dockerHost);
    await engine.ensureTestImage();
    cell = await TestCell.create({ dockerHost, kubectl: inject('kubectl') });
    await cell.start();
    await cell.kubectl.apply(web);
    kept = await eventually('the pods to run', async () => {
      const ids = await running();
      return ids.length === REPLICAS && ids;
    });
  });
  afterAll(async () => {
    await cell?.destroy();
    await etcd?.stop();
  });

  const stowctl = (...args: string[]) =>
    run(process.execPath, [STOWCTL, ...args], { env: { ...process.env, KUBECONFIG: cell.kubeconfig } });
  const done = async (...args: string[]) => {
    const ran = await stowctl(...args);
    if (ran.code !== 0) throw new Error(`stowctl ${args.join(' ')}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  /** Ids of containers of pods that run, as the API tells of them. */
  const running = async (): Promise<string[]> => {
    const { items } = await cell.kubectl.json<{ items: Pod[] }>(['get', 'pods', '-l', 'app=web']);
    return items
      .filter(({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
      .map(({ status }) => status?.containerStatuses?.[0]?.containerID ?? 'none')
      .sort();
  };
  const inDocker = async () => {
    const all = await engine.containers(await cell.cellId());
    return all.filter(({ State }) => State === 'running').map(({ Id }) => `docker://${Id}`);
  };
  /** Of a set of pods that have run all the while. */
  const unharmed = async () => {
    await cell.nodeIs('n1', 'Ready');
    expect(
      await eventually('the pods to be known', async () => (await running()).length === REPLICAS && running()),
    ).toEqual(kept);
    expect(await inDocker()).toEqual(expect.arrayContaining(kept));
    const restarts = 'jsonpath={.items[*].status.containerStatuses[0].restartCount}';
    expect(await cell.kubectl.run(['get', 'pods', '-l', 'app=web', '-o', restarts])).toBe('0 0');
  };
  const revisionOf = async (name: string) =>
    Number(await cell.kubectl.run(['get', 'configmap', name, '-o', 'jsonpath={.metadata.resourceVersion}']));

  test('that lost its store is restored from a backup, and its containers go on', async () => {
    const file = join(cell.directory, 'backup');
    await cell.kubectl.run(['create', 'configmap', 'before']);
    expect(await done('backup', file, '--data-dir', cell.masterDir)).toMatch(
      /^backed up the cell \w+ at revision \d+: /,
    );
    await cell.kubectl.run(['create', 'configmap', 'after']);
    await cell.kubectl.apply(latePod);
    const late = await eventually('the late pod', async () => engine.containerOf(await cell.cellId(), 'late', 'main'));
    const given = await revisionOf('after');

    const busy = await stowctl('restore', file, '--data-dir', cell.masterDir);
    expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining('is in use by another master')]);
    await cell.master?.end('SIGKILL');
    for (const end of ['', '-wal', '-journal']) await rm(join(cell.masterDir, `store.db${end}`), { force: true });
    await done('restore', file, '--data-dir', cell.masterDir);
    expect(await inDocker()).toEqual(expect.arrayContaining(kept));

    await cell.startMaster();
    await unharmed();
    expect((await cell.kubectl.try(['get', 'configmap', 'after'])).stderr).toContain('NotFound');
    const all = await cell.kubectl.run(['get', 'pods,configmaps,events', '-A']);
    expect(all).not.toMatch(/\b(late|after)\b/);
    // It was never in this cell.
    await eventually('the late container to go', async () => !(await inDocker()).includes(`docker://${late?.Id}`));
    expect(await revisionOf('before')).toBeGreaterThan(given);
    await done('scale', 'deployment/web', '--replicas=3');
    await eventually('the third pod', async () => (await running()).length === 3);
    await done('scale', 'deployment/web', `--replicas=${REPLICAS}`);
    kept = await eventually('two pods', async () => {
      const ids = await running();
      return ids.length === REPLICAS && ids;
    });
  });

  test('moves from sqlite to etcd with one command, and its containers go on', async () => {
    etcd = await startEtcd();
    const endpoints = etcd.endpoints.join(',');
    const before = await revisionOf('before');
    const move = ['move-store', '--to', 'etcd', '--etcd-endpoints', endpoints, '--data-dir', cell.masterDir];
    expect((await stowctl(...move)).stderr).toContain('is in use by another master');
    await cell.master?.end();
    expect(await done(...move)).toContain(`start the master with --store etcd --etcd-endpoints ${endpoints}\n`);
    const place = ['--data-dir', cell.masterDir, '--port', String(cell.port)];
    const old = await stowctl('master', ...place);
    expect([old.code, old.stderr]).toEqual([1, expect.stringContaining('it was moved: start with --store etcd')]);
    cell.master = Program.stowctl('master', ...place, '--store', 'etcd', '--etcd-endpoints', endpoints);
    await cell.master.saysLine(/^ready$/);
    await unharmed();
    expect(await revisionOf('before')).toBeGreaterThan(before);
    // Beside its masters.
    expect(await done('backup', join(cell.directory, 'of-etcd'), '--data-dir', cell.masterDir)).toContain('backed up');
  });

  test('has a node emptied as its budget allows, deleted, and taken back under the same name', async () => {
    const uid = () => cell.kubectl.run(['get', 'node', 'n1', '-o', 'jsonpath={.metadata.uid}']);
    const before = await uid();
    await cell.startAgent('n2', await cell.invitation());
    await cell.kubectl.apply(budget);
    const allowed = ['get', 'pdb', 'web', '-o', 'jsonpath={.status.disruptionsAllowed}'];
    await eventually('the budget to be worked out', async () => (await cell.kubectl.run(allowed)) === '1');
    const { code, stdout, stderr } = await stowctl('drain', 'n1', '--timeout', '60s');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^node\/n1 cordoned\n(?:.*\n)*node\/n1 drained\n$/)]);
    expect(stdout.match(/^pod\/web-\S+ evicted$/gm)).toHaveLength(REPLICAS);
    expect(stderr).toMatch(
      /\(will retry after 1s\): Cannot evict pod as it would violate the pod's disruption budget\.\n/,
    );
    expect(await inDocker()).not.toEqual(expect.arrayContaining([expect.stringMatching(kept.join('|'))]));
    await cell.agent?.end();
    expect(await done('delete', 'node', 'n1')).toBe('node "n1" deleted\n');
    await cell.startAgent('n1', await cell.invitation());
    expect(await uid()).not.toBe(before);
    await done('drain', 'n2', '--timeout', '60s');
    await eventually('the pods on the new node', async () => (await running()).length === REPLICAS);
  });
});
