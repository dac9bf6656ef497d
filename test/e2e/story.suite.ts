import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { TestCell, type TestCellOptions } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';

const NAMESPACE = 'story';

const deployment = (image: string, marker: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: NAMESPACE },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' }, annotations: { marker } },
      spec: {
        terminationGracePeriodSeconds: 2,
        containers: [
          {
            name: 'main',
            image,
            command: ['/bin/sh', '-c', 'trap "exit 0" TERM; echo serving $MARKER; while :; do sleep 1; done'],
            env: [{ name: 'MARKER', value: marker }],
            resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '64Mi' } },
          },
        ],
      },
    },
  },
});

/** One cell's life, told with kubectl, looked at through Docker. */
export function story(
  title: string,
  prepare: () => Promise<{ options: TestCellOptions; cleanUp?: () => Promise<void> }>,
): void {
  describe(title, () => {
    let cell: TestCell;
    let engine: Engine;
    let cleanUp: (() => Promise<void>) | undefined;

    const podsOf = async (app = 'web') => {
      const list = await cell.kubectl.json<{ items: Pod[] }>(['get', 'pods', '-n', NAMESPACE, '-l', `app=${app}`]);
      return list.items.filter((pod) => !pod.metadata?.deletionTimestamp);
    };
    const running = async (count: number) => {
      const pods = await podsOf();
      return pods.length === count && pods.every((pod) => pod.status?.phase === 'Running') ? pods : undefined;
    };
    const containerIds = (pods: Pod[]) =>
      pods.map((pod) => pod.status?.containerStatuses?.[0]?.containerID ?? 'none').sort();

    beforeAll(async () => {
      const prepared = await prepare();
      cleanUp = prepared.cleanUp;
      engine = new Engine(prepared.options.dockerHost);
      await engine.ensureTestImage();
      cell = await TestCell.create(prepared.options);
      await cell.start();
      await cell.kubectl.run(['create', 'namespace', NAMESPACE]);
    });

    afterAll(async () => {
      await cell?.destroy();
      await cleanUp?.();
    });

    test('a Deployment comes up in real containers', async () => {
      await cell.kubectl.apply(deployment(TEST_IMAGE, 'one'));
      await cell.kubectl.run(['rollout', 'status', 'deployment/web', '-n', NAMESPACE, '--timeout=60s']);
      const pods = await eventually('two running pods', () => running(2));
      const found = await engine.containerOf(await cell.cellId(), pods[0]!.metadata!.name!, 'main');
      expect(`docker://${found?.Id}`).toBe(pods[0]!.status!.containerStatuses![0]!.containerID);
      const logs = await eventually('logs', async () => {
        const text = await cell.kubectl.run(['logs', '-n', NAMESPACE, pods[0]!.metadata!.name!]);
        return text !== '' && text;
      });
      expect(logs).toBe('serving one\n');
      const wide = await cell.kubectl.run(['get', 'pods', '-n', NAMESPACE, '-o', 'wide']);
      expect(wide).toMatch(/NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES/);
      expect(wide).toMatch(/web-\S+ +1\/1 +Running +0 +\d+s +\d+\.\d+\.\d+\.\d+ +n1 /);
    });

    test('it rolls to a new version', async () => {
      await cell.kubectl.apply(deployment(TEST_IMAGE, 'two'));
      const status = await cell.kubectl.run(['rollout', 'status', 'deployment/web', '-n', NAMESPACE, '--timeout=60s']);
      expect(status).toContain('deployment "web" successfully rolled out');
      const pods = await eventually('two running pods', () => running(2));
      expect(pods.map((pod) => pod.metadata?.annotations?.marker)).toEqual(['two', 'two']);
    });

    test('it scales up and down', async () => {
      await cell.kubectl.run(['scale', 'deployment/web', '-n', NAMESPACE, '--replicas=3']);
      await eventually('three running pods', () => running(3));
      await cell.kubectl.run(['scale', 'deployment/web', '-n', NAMESPACE, '--replicas=1']);
      await eventually('one running pod', () => running(1));
      await eventually('the containers of the others to go', async () => {
        const left = await engine.containers(await cell.cellId(), NAMESPACE);
        return left.length === 2;
      });
    });

    test('a container killed behind its back is restarted', async () => {
      const [pod] = await eventually('one running pod', () => running(1));
      const name = pod!.metadata!.name!;
      const before = await engine.containerOf(await cell.cellId(), name, 'main');
      await engine.docker.getContainer(before!.Id).kill();
      const after = await eventually('another container', async () => {
        const found = await engine.containerOf(await cell.cellId(), name, 'main');
        return found && found.Id !== before!.Id ? found : undefined;
      });
      const restarted = await eventually('the restart to be counted', async () => {
        const status = (await podsOf())[0]?.status?.containerStatuses?.[0];
        return status?.restartCount === 1 && status.ready ? status : undefined;
      });
      expect(restarted.containerID).toBe(`docker://${after.Id}`);
      expect(restarted.lastState?.terminated?.exitCode).toBe(137);
    });

    test('kill -9 of the agent: it adopts what it finds', async () => {
      const before = containerIds(await eventually('one running pod', () => running(1)));
      await cell.agent!.end('SIGKILL');
      await cell.startAgent();
      await cell.kubectl.run(['scale', 'deployment/web', '-n', NAMESPACE, '--replicas=2']);
      const after = containerIds(await eventually('two running pods', () => running(2)));
      expect(after).toEqual(expect.arrayContaining(before));
    });

    test('kill -9 of the master: nothing is lost and no container is touched', async () => {
      await cell.kubectl.run(['create', 'configmap', 'kept', '-n', NAMESPACE, '--from-literal=a=b']);
      const before = containerIds(await eventually('two running pods', () => running(2)));
      await cell.master!.end('SIGKILL');
      const untouched = await engine.containers(await cell.cellId(), NAMESPACE);
      expect(untouched.filter((container) => container.State === 'running')).toHaveLength(4);
      await cell.startMaster();
      expect(await cell.kubectl.run(['get', 'configmap', 'kept', '-n', NAMESPACE, '-o', 'jsonpath={.data.a}'])).toBe(
        'b',
      );
      const after = containerIds(await eventually('two running pods', () => running(2)));
      expect(after).toEqual(before);
      // And the cell goes on: the agent has come back by itself.
      await cell.kubectl.run(['scale', 'deployment/web', '-n', NAMESPACE, '--replicas=3']);
      await eventually('three running pods', () => running(3), 60_000);
    });

    test('a Job runs to completion', async () => {
      const job = {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'sum', namespace: NAMESPACE },
        spec: {
          completions: 3,
          parallelism: 2,
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ name: 'main', image: TEST_IMAGE, command: ['/bin/sh', '-c', 'echo $((20 + 22))'] }],
            },
          },
        },
      };
      await cell.kubectl.apply(job);
      await cell.kubectl.run(['wait', '--for=condition=Complete', 'job/sum', '-n', NAMESPACE, '--timeout=60s']);
      expect(await cell.kubectl.run(['get', 'job', 'sum', '-n', NAMESPACE, '-o', 'jsonpath={.status.succeeded}'])).toBe(
        '3',
      );
      expect(await cell.kubectl.run(['logs', 'job/sum', '-n', NAMESPACE])).toBe('42\n');
    });

    test('a pod that fits nowhere says why, and is placed as soon as there is room', async () => {
      const pod = (name: string, cpu: string) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: NAMESPACE, labels: { app: 'big' } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            { name: 'main', image: TEST_IMAGE, command: ['sleep', '1000'], resources: { requests: { cpu } } },
          ],
        },
      });
      const cores = Number(await cell.kubectl.run(['get', 'node', 'n1', '-o', 'jsonpath={.status.capacity.cpu}']));
      await cell.kubectl.apply(pod('first', `${cores * 1000 - 500}m`));
      await cell.kubectl.run(['wait', '--for=condition=Ready', 'pod/first', '-n', NAMESPACE, '--timeout=30s']);
      await cell.kubectl.apply(pod('second', `${cores * 1000 - 500}m`));
      await eventually('the reason in an event', async () => {
        const text = await cell.kubectl.run([
          'get',
          'events',
          '-n',
          NAMESPACE,
          '--field-selector',
          'involvedObject.name=second',
        ]);
        return text.includes('0/1 nodes are available: 1 Insufficient cpu.');
      });
      await cell.kubectl.run(['delete', 'pod', 'first', '-n', NAMESPACE]);
      await cell.kubectl.run(['wait', '--for=condition=Ready', 'pod/second', '-n', NAMESPACE, '--timeout=10s']);
    });

    test('bad manifests are refused with the field and the reason', async () => {
      const bad = structuredClone(deployment(TEST_IMAGE, 'bad')) as ReturnType<typeof deployment>;
      bad.metadata.name = 'Bad_Name';
      bad.spec.replicas = -1;
      bad.spec.template.metadata.labels.app = 'other';
      const refused = await cell.kubectl.try(['apply', '-f', '-'], JSON.stringify(bad));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('metadata.name: Invalid value: "Bad_Name"');
      expect(refused.stderr).toContain('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
      expect(refused.stderr).toContain('`selector` does not match template `labels`');
      const unknown = {
        ...deployment(TEST_IMAGE, 'bad'),
        spec: { ...deployment(TEST_IMAGE, 'bad').spec, replicsa: 3 },
      };
      const strict = await cell.kubectl.try(['apply', '-f', '-'], JSON.stringify(unknown));
      expect(strict.code).toBe(1);
      expect(strict.stderr).toContain('unknown field "spec.replicsa"');
      const missing = await cell.kubectl.try(['get', 'pods', 'nobody', '-n', NAMESPACE]);
      expect(missing.stderr).toBe('Error from server (NotFound): pods "nobody" not found\n');
    });

    test('deleting the namespace leaves Docker empty', async () => {
      await cell.kubectl.run(['delete', 'namespace', NAMESPACE, '--timeout=60s']);
      const left = await engine.containers(await cell.cellId());
      expect(left.map((container) => container.Names)).toEqual([]);
      const gone = await cell.kubectl.try(['get', 'namespace', NAMESPACE]);
      expect(gone.stderr).toContain('NotFound');
    });
  });
}
