import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';

const GRACE_SECONDS = 4;

/** Two agents on one engine; the pods leave a lost node after a second, where others would wait for five minutes. */
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        tolerations: ['not-ready', 'unreachable'].map((trouble) => ({
          key: `node.kubernetes.io/${trouble}`,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 1,
        })),
        containers: [{ name: 'main', image: TEST_IMAGE, command: ['sleep', '1000'] }],
      },
    },
  },
};

describe('a lost node', () => {
  let cell: TestCell;

  beforeAll(async () => {
    const dockerHost = inject('dockerHost');
    await new Engine(dockerHost).ensureTestImage();
    const masterArgs = ['--node-grace', String(GRACE_SECONDS)];
    cell = await TestCell.create({ dockerHost, kubectl: inject('kubectl'), masterArgs });
    await cell.start();
    await cell.startAgent('n2', await cell.invitation());
  });

  afterAll(() => cell?.destroy());

  const podsOn = async (nodeName: string): Promise<Pod[]> => {
    const { items } = await cell.kubectl.json<{ items: Pod[] }>([
      ...['get', 'pods', '-l', 'app=web', '--field-selector', `spec.nodeName=${nodeName}`],
    ]);
    return items;
  };
  const runningOn = async (nodeName: string) =>
    (await podsOn(nodeName)).filter(
      ({ status, metadata }) => status?.phase === 'Running' && !metadata?.deletionTimestamp,
    );

  test('is NotReady after its grace, and its pods run elsewhere', async () => {
    await cell.kubectl.run(['cordon', 'n2']);
    await cell.kubectl.apply(deployment);
    await eventually('both pods on n1', async () => (await runningOn('n1')).length === 2);
    await cell.kubectl.run(['uncordon', 'n2']);
    await cell.agent!.end('SIGKILL');
    await cell.nodeIs('n1', 'NotReady');
    expect(await cell.kubectl.run(['get', 'node', 'n1', '-o', 'jsonpath={.spec.taints[*].key}'])).toContain(
      'node.kubernetes.io/unreachable',
    );
    await eventually('both pods on n2', async () => (await runningOn('n2')).length === 2);
  });

  test('comes back without its old pods, and takes new ones', async () => {
    await cell.startAgent('n1');
    await eventually('the old pods to go', async () => (await podsOn('n1')).length === 0);
    const taints = await cell.kubectl.run(['get', 'node', 'n1', '-o', 'jsonpath={.spec.taints[*].key}']);
    expect(taints).toBe('');
    await cell.kubectl.run(['cordon', 'n2']);
    await cell.kubectl.run(['scale', 'deployment/web', '--replicas=3']);
    await eventually('the third pod on n1', async () => (await runningOn('n1')).length === 1);
    expect(await runningOn('n2')).toHaveLength(2);
  });
});
