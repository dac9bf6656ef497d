import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { Composition } from './composition.ts';

const WEB = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 6,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: TEST_IMAGE,
            command: ['sh', '-c', 'echo here; exec sleep 100000'],
            volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'part' }],
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  },
};

/** One cell from its first start to its last; each test goes on where the one before ended. */
describe('deploy/compose.yaml', () => {
  let cell: Composition;
  const containers = async () => {
    const filter = ['--filter', 'label=io.kubernetes.container.name=web', '--filter', 'status=running'];
    const { stdout } = await cell.docker('ps', '--quiet', ...filter);
    return stdout.split('\n').filter(Boolean).sort();
  };
  const readyNodes = async (master: 1 | 2 | 3) =>
    (await cell.kubectl(master).run(['get', 'nodes'])).match(/ Ready /g)?.length;
  const healthy = async (service: string) =>
    (await cell.docker('inspect', '--format', '{{.State.Health.Status}}', cell.container(service))).stdout.trim() ===
    'healthy';

  beforeAll(async () => {
    cell = await Composition.make();
    await cell.build();
    await cell.compose('up', '--detach');
  });

  afterAll(async () => {
    await cell?.destroy();
  });

  test('three masters serve one cell of three nodes', async () => {
    for (const master of [1, 2, 3] as const) {
      await eventually(`three nodes at master ${master}`, async () => (await readyNodes(master)) === 3, 60_000);
    }
    for (const part of [1, 2, 3])
      await eventually(`agent ${part} to be healthy`, () => healthy(`agent-${part}`), 60_000);
  });

  test('masters have no rights of root', async () => {
    const { stdout } = await cell.docker('exec', cell.container('master-2'), 'id', '-un');
    expect(stdout).toBe('stowage\n');
  });

  test('a deployment runs, and every master reaches into its pods', async () => {
    await cell.kubectl(1).apply(WEB);
    await cell.kubectl(2).run(['rollout', 'status', 'deployment/web', '--timeout=90s']);
    const pods = await cell.kubectl(3).run(['get', 'pods', '-o', 'jsonpath={range .items[*]}{.metadata.name} {end}']);
    for (const master of [1, 2, 3] as const) {
      for (const pod of pods.trim().split(' ')) expect(await cell.kubectl(master).run(['logs', pod])).toBe('here\n');
      expect(await cell.kubectl(master).run(['exec', 'deployment/web', '--', 'echo', 'inside'])).toBe('inside\n');
    }
  });

  test('an etcd member lost is not noticed', async () => {
    await cell.docker('kill', cell.container('etcd-2'));
    await cell.kubectl(1).run(['scale', 'deployment/web', '--replicas=7']);
    await eventually('the seventh pod', async () => (await containers()).length === 7, 30_000);
    await cell.docker('start', cell.container('etcd-2'));
    await eventually('the member to be back', () => healthy('etcd-2'), 60_000);
  });

  test.each([1, 2, 3] as const)('master %d lost, the others go on with all agents', async (lost) => {
    const before = await containers();
    const other = lost === 1 ? 2 : 1;
    const kubectl = cell.kubectl(other);
    await cell.docker('kill', cell.container(`master-${lost}`));
    const replicas = 7 + lost;
    await kubectl.run(['scale', 'deployment/web', `--replicas=${replicas}`]);
    await eventually('the new pod', async () => (await containers()).length === replicas, 60_000);
    await eventually('all nodes', async () => (await readyNodes(other)) === 3, 60_000);
    expect(await containers()).toEqual(expect.arrayContaining(before));
    await cell.docker('start', cell.container(`master-${lost}`));
    await eventually('the master to be back', () => healthy(`master-${lost}`), 60_000);
  });

  test('agents made anew find their containers', async () => {
    const before = await containers();
    await cell.compose('up', '--detach', '--force-recreate', '--no-deps', 'agent-1', 'agent-2', 'agent-3');
    await eventually(
      'agents to be healthy',
      async () => (await Promise.all([1, 2, 3].map((each) => healthy(`agent-${each}`)))).every(Boolean),
      60_000,
    );
    await eventually('all nodes', async () => (await readyNodes(1)) === 3, 60_000);
    expect(await containers()).toEqual(before);
  });

  test('taken down as the docs say, nothing is left but images', async () => {
    await cell.compose('stop', 'agent-1', 'agent-2', 'agent-3');
    for (const part of [1, 2, 3]) await cell.compose('run', '--rm', '--no-deps', `agent-${part}`, 'down');
    await cell.compose('down', '--volumes');
    expect((await cell.docker('ps', '--all', '--quiet')).stdout).toBe('');
    expect((await cell.docker('volume', 'ls', '--quiet')).stdout).toBe('');
  });
});
