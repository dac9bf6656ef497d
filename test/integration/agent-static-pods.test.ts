import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import type { Pod } from '../../agent/pod-types.ts';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';

const manifest = (name: string, words: string, spec: object = {}) =>
  stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 3,
      containers: [
        {
          name: 'main',
          image: TEST_IMAGE,
          imagePullPolicy: 'Never',
          command: ['/bin/sh', '-c', `trap "exit 0" TERM; echo ${words}; while :; do sleep 1 & wait $!; done`],
        },
      ],
      ...spec,
    },
  });

describe('pods from files', () => {
  const dockerHost = inject('dockerHost');
  const engine = new Engine(dockerHost);
  let cell: TestCell;
  let directory: string;
  let cellId: string;

  beforeAll(async () => {
    await engine.ensureTestImage();
    directory = await mkdtemp(join(tmpdir(), 'stowage-manifests-'));
    const options = { dockerHost, kubectl: inject('kubectl'), agentArgs: ['--pod-manifest-path', directory] };
    cell = await TestCell.create(options);
    await write('web.yaml', manifest('web', 'first'));
    await write('.hidden.yaml', manifest('hidden', 'never'));
    await write('notes.txt', 'not a manifest');
    await cell.start();
    cellId = await cell.cellId();
  });
  afterAll(async () => {
    await cell.destroy();
    await rm(directory, { recursive: true, force: true });
  });

  const write = (file: string, text: string) => writeFile(join(directory, file), text);
  const remove = (file: string) => rm(join(directory, file));
  const container = (pod: string) => engine.containerOf(cellId, pod, 'main');
  const mirror = async (name: string): Promise<Pod | undefined> => {
    const { code, stdout } = await cell.kubectl.try(['get', 'pod', name, '-o', 'json']);
    return code === 0 ? (JSON.parse(stdout) as Pod) : undefined;
  };
  const running = (name: string) =>
    eventually(`${name} to run`, async () => {
      const found = await mirror(name);
      return found?.status?.phase === 'Running' && found;
    });

  test('run, and are shown in the API as what they are', async () => {
    const web = await running('web-n1');
    expect(web.metadata).toMatchObject({
      labels: { app: 'web' },
      annotations: { 'kubernetes.io/config.source': 'file', 'stowage.dev/config.file': 'web.yaml' },
      ownerReferences: [{ kind: 'Node', name: 'n1' }],
    });
    expect(web.metadata?.annotations?.['kubernetes.io/config.mirror']).toBe(
      web.metadata?.annotations?.['kubernetes.io/config.hash'],
    );
    expect(web.spec?.serviceAccountName).toBeUndefined();
    await eventually('its log', async () => (await cell.kubectl.try(['logs', 'web-n1'])).stdout === 'first\n');
    expect(await cell.kubectl.run(['exec', 'web-n1', '--', 'echo', 'in'])).toBe('in\n');
    expect((await cell.kubectl.run(['get', 'pods', '-o', 'name'])).trim()).toBe('pod/web-n1');
  });

  test('are not touched by what becomes of their picture, which comes back', async () => {
    const before = await running('web-n1');
    const id = (await container('web-n1'))?.Id;
    await cell.kubectl.run(['delete', 'pod', 'web-n1', '--wait=false']);
    await eventually('another picture', async () => {
      const found = await mirror('web-n1');
      return found?.status?.phase === 'Running' && found.metadata?.uid !== before.metadata?.uid;
    });
    expect((await container('web-n1'))?.Id).toBe(id);
  });

  test('a file that makes no sense is told of, and leaves all as it is', async () => {
    const id = (await container('web-n1'))?.Id;
    await write('broken.yaml', 'kind: [');
    await write('web.yaml', manifest('web', 'first', { serviceAccountName: 'robot' }));
    await eventually('the events', async () => {
      const { stdout } = await cell.kubectl.try(['get', 'events', '-A', '--field-selector', 'reason=InvalidStaticPod']);
      return /broken\.yaml/.test(stdout) && /web\.yaml.*ServiceAccount "robot"/.test(stdout);
    });
    expect((await container('web-n1'))?.Id).toBe(id);
    await remove('broken.yaml');
  });

  test('another text is another pod', async () => {
    const id = (await container('web-n1'))?.Id;
    await write('web.yaml', manifest('web', 'second'));
    await eventually('the other', async () => (await cell.kubectl.try(['logs', 'web-n1'])).stdout === 'second\n');
    expect((await container('web-n1'))?.Id).not.toBe(id);
    await running('web-n1');
  });

  test('come and go without a master, which hears of it when it is back', async () => {
    await cell.master?.end();
    await write('more.yaml', manifest('more', 'alone'));
    await eventually('it to run', async () => (await container('more-n1')) !== undefined);
    await remove('web.yaml');
    await eventually('it to end', async () => (await container('web-n1')) === undefined);
    await cell.startMaster();
    await running('more-n1');
    await eventually('the picture to go', async () => (await mirror('web-n1')) === undefined);
  });

  test('outlive their agent, and end with their file though no agent saw it go', async () => {
    const id = (await container('more-n1'))?.Id;
    await cell.agent?.end();
    await cell.startAgent();
    await running('more-n1');
    expect((await container('more-n1'))?.Id).toBe(id);
    await cell.agent?.end();
    await remove('more.yaml');
    await cell.startAgent();
    await eventually('all to go', async () => (await engine.containers(cellId)).length === 0);
    await eventually('the picture to go', async () => (await mirror('more-n1')) === undefined);
  });
});
