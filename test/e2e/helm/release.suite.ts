import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, inject, test } from 'vitest';
import type { Deployment } from '../../../api/apps/deployment.ts';
import type { Job } from '../../../api/batch/job.ts';
import type { ConfigMap } from '../../../api/core/config-map.ts';
import type { Secret } from '../../../api/core/secret.ts';
import type { TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { type Ran, run } from '../../kubectl.ts';
import { Desk } from '../kubectl/desk.ts';
import { writeChart } from './chart.ts';

interface Release {
  name: string;
  revision: string;
  status: string;
  chart: string;
}

/** One release's life. `mode` goes to every command that writes objects of the chart. */
export function release(cellOf: () => TestCell, namespace: string, mode: readonly string[]): void {
  const group = `${namespace}.example.com`;
  let chart: string;
  let desk: Desk;

  const tryHelm = (...args: string[]): Promise<Ran> => {
    const cell = cellOf();
    const home = join(cell.directory, 'helm');
    const places = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
    const env = { ...process.env, ...places, KUBECACHEDIR: `${cell.kubeconfig}.cache` };
    return run(inject('helm'), ['--kubeconfig', cell.kubeconfig, '-n', namespace, ...args], { env });
  };
  const helm = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await tryHelm(...args);
    if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
    return stdout;
  };
  const list = async () => JSON.parse(await helm('list', '-o', 'json')) as Release[];
  const history = async () => JSON.parse(await helm('history', 'pier', '-o', 'json')) as Release[];
  const jobs = async () =>
    (await desk.json<{ items: Job[] }>('get jobs')).items.map(({ metadata, status }) => [
      metadata?.name,
      status?.succeeded,
    ]);
  const config = async () => (await desk.json<ConfigMap>('get configmap pier')).data;
  const web = () => desk.json<Deployment>('get deployment pier');
  const WAIT = ['--wait', '--timeout', '60s'];

  beforeAll(async () => {
    chart = join(cellOf().directory, `chart-${namespace}`);
    await writeChart(chart, group);
    desk = new Desk(inject('kubectl'), cellOf().kubeconfig, namespace);
  });

  test('lint, and a dry run that asks the server', async () => {
    expect(await helm('lint', chart)).toContain('0 chart(s) failed');
    await desk.run(`create namespace ${namespace}`);
    const shown = await helm('install', 'pier', chart, '--dry-run=server', '--skip-crds', ...mode).catch(String);
    // Its own kind is not there yet, and the server says so.
    expect(shown).toContain('no matches for kind "Boat"');
    expect(await desk.run('get all,secrets -o name')).toBe('');
    // Every namespace has the cell's own.
    expect(await desk.run('get cm --field-selector metadata.name!=kube-root-ca.crt -o name')).toBe('');
  });

  test('installs: definitions first, then hooks and objects in their order, and waits', async () => {
    const said = await helm('install', 'pier', chart, '--set', 'replicas=2', ...WAIT, ...mode);
    expect(said).toContain('STATUS: deployed');
    expect(said).toContain('The pier says hello.');
    // It waited: all is there.
    expect((await web()).status).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
    expect(await jobs()).toEqual([
      ['pier-post-install', 1],
      ['pier-pre-install', 1],
    ]);
    expect(await config()).toMatchObject({
      greeting: 'hello',
      revision: '1',
      hasApps: 'true',
      seenBefore: 'nothing',
    });
    expect(await desk.value(`get boats.${group} pier`, '.spec.crew')).toBe('2');
    const [before, after] = await Promise.all(
      ['job/pier-pre-install', 'deployment/pier'].map(async (name) =>
        Date.parse(await desk.value(`get ${name}`, '.metadata.creationTimestamp')),
      ),
    );
    expect(before).toBeLessThan(after!);
  });

  test("the release is in a Secret of Helm's own type", async () => {
    const [secret] = (await desk.json<{ items: Secret[] }>('get secrets -l owner=helm')).items;
    expect(secret).toMatchObject({
      type: 'helm.sh/release.v1',
      metadata: { name: 'sh.helm.release.v1.pier.v1', labels: { name: 'pier', status: 'deployed', version: '1' } },
    });
    const packed = Buffer.from(secret!.data!.release!, 'base64').toString();
    const stored = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as { config: object };
    expect(stored.config).toEqual({ replicas: 2 });
    const labels = await desk.value('get deployment pier', '.metadata.labels');
    expect(JSON.parse(labels)).toMatchObject({ 'app.kubernetes.io/managed-by': 'Helm' });
  });

  test('whose fields they are', async () => {
    const managers = await desk.run('get deployment pier --show-managed-fields -o', 'json');
    const entries = (JSON.parse(managers) as Deployment).metadata?.managedFields ?? [];
    const operations = entries.filter(({ manager }) => manager === 'helm').map(({ operation }) => operation);
    expect(operations).toEqual([mode[0] === '--server-side=true' ? 'Apply' : 'Update']);
  });

  test('list, status and get', async () => {
    expect(await list()).toMatchObject([{ name: 'pier', revision: '1', status: 'deployed', chart: 'pier-1.2.3' }]);
    const status = await helm('status', 'pier', '-o', 'json');
    expect(JSON.parse(status)).toMatchObject({ info: { status: 'deployed' }, version: 1 });
    expect(JSON.parse(await helm('get', 'values', 'pier', '-o', 'json'))).toEqual({ replicas: 2 });
    expect(JSON.parse(await helm('get', 'values', 'pier', '--all', '-o', 'json'))).toMatchObject({
      greeting: 'hello',
    });
    expect(await helm('get', 'manifest', 'pier')).toContain('kind: Deployment');
    expect(await helm('get', 'hooks', 'pier')).toContain('pier-pre-upgrade');
    expect(await helm('get', 'notes', 'pier')).toContain('The pier says hello.');
  });

  test('runs its tests, and shows what they say', async () => {
    const said = await helm('test', 'pier', '--logs', '--timeout', '60s');
    expect(said).toMatch(/Phase: +Succeeded/);
    expect(said).toContain('it says hello');
  });

  test('upgrades in place, with the values kept', async () => {
    const uid = (await web()).metadata?.uid;
    await helm('upgrade', 'pier', chart, '--reuse-values', '--set', 'greeting=rude,crew=3', ...WAIT, ...mode);
    expect(await config()).toMatchObject({ greeting: 'rude', revision: '2', seenBefore: 'hello' });
    const upgraded = await web();
    expect(upgraded.metadata?.uid).toBe(uid);
    expect(upgraded.spec?.template.metadata?.annotations).toEqual({ greeting: 'rude' });
    expect(upgraded.status).toMatchObject({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
    expect(await desk.value(`get boats.${group} pier`, '.spec.crew')).toBe('3');
    expect((await jobs()).map(([name]) => name)).toContain('pier-pre-upgrade');
    const { code, stdout, stderr } = await tryHelm('test', 'pier', '--timeout', '60s');
    expect([code, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('Failed')]);
  });

  test('an upgrade that does not come up fails and is rolled back', async () => {
    const broken = ['--reuse-values', '--set', 'breakIt=true', '--wait', '--timeout', '8s', '--rollback-on-failure'];
    const { code, stderr } = await tryHelm('upgrade', 'pier', chart, ...broken, ...mode);
    expect([code, stderr]).toEqual([1, expect.stringContaining('has been rolled back')]);
    const template = (await web()).spec?.template;
    expect(template?.spec?.nodeSelector).toBeUndefined();
    expect(template?.metadata?.annotations).toEqual({ greeting: 'rude' });
    expect((await history()).map(({ status }) => status)).toEqual(['superseded', 'superseded', 'failed', 'deployed']);
  });

  test('rolls back to the first revision', async () => {
    await helm('rollback', 'pier', '1', ...WAIT, ...mode);
    expect(await config()).toMatchObject({ greeting: 'hello', revision: '1' });
    expect(await desk.value(`get boats.${group} pier`, '.spec.crew')).toBe('2');
    expect((await jobs()).map(([name]) => name)).toContain('pier-pre-rollback');
    expect(await history()).toMatchObject([{}, {}, {}, {}, { revision: 5, status: 'deployed' }]);
    expect(await helm('test', 'pier', '--timeout', '60s')).toMatch(/Phase: +Succeeded/);
  });

  test("a field that somebody else changed meanwhile is the chart's again", async () => {
    await desk.run('scale deployment pier --replicas=1');
    const upgrade = ['upgrade', 'pier', chart, '--reuse-values', '--set', 'replicas=3', ...WAIT, ...mode];
    const { code, stderr } = await tryHelm(...upgrade);
    if (mode[0] === '--server-side=true') {
      expect([code, stderr]).toEqual([1, expect.stringMatching(/conflict with "kubectl".*\.spec\.replicas/s)]);
      await helm(...upgrade, '--force-conflicts');
    } else expect([code, stderr]).toEqual([0, '']);
    expect((await web()).spec?.replicas).toBe(3);
  });

  test('uninstalls: its last hook runs, objects and history go, definitions stay', async () => {
    expect(await helm('uninstall', 'pier', '--wait', '--timeout', '60s')).toContain('uninstalled');
    expect(await list()).toEqual([]);
    expect(await jobs()).toContainEqual(['pier-pre-delete', 1]);
    expect(await desk.run(`get deployments,services,secrets,roles,rolebindings,boats.${group} -o name`)).toBe('');
    await eventually('its pods to be gone', async () => (await desk.run('get pods -l app=pier -o name')) === '');
    expect(await desk.run(`get crd boats.${group} -o name`)).toContain(`boats.${group}`);
    await desk.run(`delete namespace ${namespace} --timeout=60s`);
  });
}
