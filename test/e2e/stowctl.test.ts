import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { freePort } from '../cell.ts';
import { Engine } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { Kubectl, run } from '../kubectl.ts';
import { Program, STOWCTL } from '../program.ts';
import { sameWords } from './stowctl/same-words.suite.ts';
import { troubles } from './stowctl/troubles.suite.ts';
import { Twins } from './stowctl/twins.ts';

describe('stowctl', () => {
  let directory: string;
  let engine: Engine;
  let port: number;
  let first: Program | undefined;
  let second: Program | undefined;
  const dataDir = () => join(directory, 'first');
  const kubectl = (kubeconfig = join(dataDir(), 'kubeconfig')) => new Kubectl(inject('kubectl'), kubeconfig);
  const stowctl = (...args: string[]) => run(process.execPath, [STOWCTL, ...args]);
  const cellIn = async (dir: string) => (await readFile(join(dir, 'cell-id'), 'utf8')).trim();

  /** Everything but the port comes from the environment. */
  const startFirst = async (...args: string[]) => {
    const variables = {
      STOWAGE_DATA_DIR: dataDir(),
      STOWAGE_NODE_NAME: 'from-variable',
      STOWAGE_DOCKER_HOST: inject('dockerHost'),
    };
    first = new Program(process.execPath, [STOWCTL, 'up', '--port', String(port), ...args], {
      ...process.env,
      ...variables,
    });
    await first.saysLine(/^ready$/);
    return first;
  };
  const containerIds = async () => {
    const { items } = await kubectl().json<{ items: Pod[] }>(['get', 'pods', '-l', 'app=web']);
    return items.map(({ status }) => status?.containerStatuses?.[0]?.containerID ?? 'none').sort();
  };

  beforeAll(async () => {
    engine = new Engine(inject('dockerHost'));
    await engine.ensureTestImage();
    directory = await mkdtemp(join(tmpdir(), 'stowage-test-'));
    port = await freePort();
  });

  afterAll(async () => {
    await first?.end();
    await second?.end();
    for (const name of ['first', 'second']) {
      await stowctl('down', '--data-dir', join(directory, name), '--docker-host', inject('dockerHost'));
    }
    await rm(directory, { recursive: true, force: true });
  });

  test('up brings the demo up and tells how to use it', async () => {
    const cell = await startFirst();
    await cell.saysLine(/^The cell runs\. Use it from another terminal:$/, 120_000);
    const said = cell.stdout.split('\n');
    expect(said[0]).toBe('ready');
    expect(said).toContain('deployment/web: 3 of 3 replicas available');
    expect(said).toContain('job/batch: 4 of 4 pods done');
    expect(said).toContain(`  export KUBECONFIG=${join(dataDir(), 'kubeconfig')}`);
    expect(cell.stdout).toMatch(new RegExp(`https://127\\.0\\.0\\.1:${port}/metrics \\(master\\)`));
    expect(cell.stdout).toMatch(/https:\/\/\S+:\d+\/metrics \(agent\)/);
    expect(await kubectl().run(['get', 'nodes', '-o', 'name'])).toBe('node/from-variable\n');
    expect(await kubectl().run(['get', 'deployment', 'web', '-o', 'jsonpath={.status.availableReplicas}'])).toBe('3');
    expect(await kubectl().run(['get', 'job', 'batch', '-o', 'jsonpath={.status.succeeded}'])).toBe('4');
    const priorities = await kubectl().run(['get', 'pods', '-o', 'jsonpath={.items[*].spec.priorityClassName}']);
    expect([...new Set(priorities.split(' '))].sort()).toEqual(['batch', 'production']);
    const pods = await kubectl().json<{ items: Pod[] }>(['get', 'pods', '-l', 'app=web']);
    // The web service answers.
    const answer = await fetch(`http://${pods.items[0]!.status!.podIP}:8080/`);
    expect(answer.ok).toBe(true);
  });

  test('a second cell beside it, from a config file', async () => {
    const place = join(directory, 'second');
    const kubeconfig = join(directory, 'elsewhere', 'kubeconfig');
    const config = join(directory, 'second.yml');
    const settings = {
      'data-dir': place,
      port: await freePort(),
      'node-name': 'from-file',
      'no-demo': true,
      kubeconfig,
    };
    await writeFile(config, JSON.stringify({ ...settings, 'docker-host': inject('dockerHost') }));
    second = Program.stowctl('up', '--config', config, '--node-name', 'from-flag');
    await second.saysLine(/^ready$/);
    const theirs = kubectl(kubeconfig);
    expect(await theirs.run(['get', 'nodes', '-o', 'name'])).toBe('node/from-flag\n');
    expect(await theirs.run(['get', 'pods', '-A', '-o', 'name'])).toBe('');
    await theirs.run(['create', 'configmap', 'only-here']);
    expect((await kubectl().try(['get', 'configmap', 'only-here'])).stderr).toContain('NotFound');
    const printed = await stowctl('kubeconfig', '--data-dir', place);
    expect(printed.stdout).toContain(`server: "https://127.0.0.1:${settings.port}"`);
  });

  sameWords(() => new Twins(inject('kubectl'), join(dataDir(), 'kubeconfig')));

  troubles(() => ({ directory, port, dataDir: dataDir(), dockerHost: inject('dockerHost') }));

  test('SIGINT ends it and leaves the containers; the next up adopts them and has lost nothing', async () => {
    await kubectl().run(['create', 'configmap', 'kept', '--from-literal=a=b']);
    const before = await containerIds();
    expect(before).toHaveLength(3);
    expect(await first!.end('SIGINT')).toBe(0);
    expect(first!.stderr).toBe('');
    const left = await engine.containers(await cellIn(dataDir()));
    expect(left.filter(({ State }) => State === 'running').map(({ Id }) => `docker://${Id}`)).toEqual(
      expect.arrayContaining(before),
    );
    await startFirst('--no-demo');
    expect(await kubectl().run(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'])).toBe('b');
    await kubectl().run(['scale', 'deployment', 'web', '--replicas=4']);
    const after = await eventually('the fourth pod', async () => {
      const ids = await containerIds();
      return ids.length === 4 && !ids.includes('none') && ids;
    });
    expect(after).toEqual(expect.arrayContaining(before));
    const restarts = await kubectl().run([
      'get',
      'pods',
      '-o',
      'jsonpath={.items[*].status.containerStatuses[0].restartCount}',
    ]);
    expect(new Set(restarts.split(' '))).toEqual(new Set(['0']));
  });

  test('down leaves nothing in Docker and no directory', async () => {
    const id = await cellIn(dataDir());
    const other = await cellIn(join(directory, 'second'));
    expect(await first!.end('SIGTERM')).toBe(0);
    const down = await stowctl('down', '--data-dir', dataDir(), '--docker-host', inject('dockerHost'));
    expect(down).toMatchObject({ code: 0, stderr: '' });
    expect(down.stdout).toMatch(
      new RegExp(`^removed \\d+ containers, \\d+ networks and \\d+ volumes of cell ${id}$`, 'm'),
    );
    expect(await engine.containers(id)).toEqual([]);
    const filters = { label: [`stowage.dev/cell=${id}`] };
    expect(await engine.docker.listNetworks({ filters })).toEqual([]);
    expect((await engine.docker.listVolumes({ filters })).Volumes ?? []).toEqual([]);
    await expect(readFile(join(dataDir(), 'cell-id'))).rejects.toThrow('ENOENT');
    // The other cell has noticed nothing.
    expect(second!.running).toBe(true);
    const theirs = kubectl(join(directory, 'elsewhere', 'kubeconfig'));
    expect(await theirs.run(['get', 'configmap', 'only-here', '-o', 'name'])).toBe('configmap/only-here\n');
    expect(await second!.end('SIGINT')).toBe(0);
    const again = await stowctl('down', '--data-dir', join(directory, 'second'), '--docker-host', inject('dockerHost'));
    expect(again.code).toBe(0);
    const networks = await engine.docker.listNetworks({ filters: { label: [`stowage.dev/cell=${other}`] } });
    expect(networks).toEqual([]);
  });
});
