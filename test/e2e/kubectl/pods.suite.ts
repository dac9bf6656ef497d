import { describe, expect, test } from 'vitest';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { TEST_IMAGE } from '../../docker.ts';
import { eventually } from '../../eventually.ts';
import { type Desk, rows } from './desk.ts';
import { IDLE, pod } from './manifests.ts';

const REMOVED_AT_ONCE = ['--now', '--wait=true', '--timeout=30s'];

/** Single pods and their node. */
export function pods(desk: () => Desk): void {
  const ready = (name: string) => desk().run('wait --for=condition=Ready', `pod/${name}`, '--timeout=30s');
  const phase = (name: string, wanted: string) =>
    desk().run(`wait --for=jsonpath={.status.phase}=${wanted}`, `pod/${name}`, '--timeout=30s');

  describe('a pod', () => {
    test('get and describe', async () => {
      expect(
        await desk().run(
          'run shown',
          `--image=${TEST_IMAGE}`,
          '--labels=tier=x',
          '--restart=Never',
          '--command',
          '--',
          'sh',
          '-c',
          IDLE,
        ),
      ).toBe('pod/shown created\n');
      expect(await ready('shown')).toBe('pod/shown condition met\n');
      const [, row] = rows(await desk().run('get pod shown -o wide'));
      expect(row).toEqual([
        'shown',
        '1/1',
        'Running',
        '0',
        expect.stringMatching(/^\d+s$/),
        expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
        'n1',
        '<none>',
        '<none>',
      ]);
      expect(
        await desk().run('get pods -A --field-selector spec.nodeName=n1,status.phase=Running -l tier=x -o name'),
      ).toBe('pod/shown\n');
      const described = await desk().run('describe pod shown');
      expect(described).toMatch(/^Status: +Running$/m);
      expect(described).toMatch(/^Node: +n1\//m);
      expect(described).toMatch(/^ {4}Container ID: +docker:\/\/[0-9a-f]{64}$/m);
      expect(described).toMatch(/^ {4}State: +Running\n {6}Started: +\w{3}, /m);
      expect(described).toMatch(/^ {4}Restart Count: +0$/m);
      expect(described).toMatch(
        /^ {2}PodReadyToStartContainers +True *\n {2}Initialized +True *\n {2}Ready +True *\n {2}ContainersReady +True *\n {2}PodScheduled +True/m,
      );
      expect(described).toMatch(/^QoS Class: +BestEffort$/m);
      expect(described).toMatch(/^Tolerations: +node.kubernetes.io\/not-ready:NoExecute op=Exists for 300s$/m);
      expect(described).toMatch(/Normal +Scheduled .* Successfully assigned \S+\/shown to n1/);
      expect(described).toMatch(/Normal +Started .* Started container shown|Normal +Started .* Container started/);
    });

    test('events', async () => {
      const table = rows(await desk().run('events --for pod/shown'));
      expect(table[0]).toEqual(['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']);
      // Times are in whole seconds, so that the order of the four may differ.
      expect(
        table
          .slice(1)
          .map(([, type, reason, object]) => [type, reason, object].join(' '))
          .sort(),
      ).toEqual(['Created', 'Pulled', 'Scheduled', 'Started'].map((reason) => `Normal ${reason} Pod/shown`));
      const got = await desk().run(
        'get events --field-selector involvedObject.name=shown,reason=Scheduled --no-headers',
      );
      expect(got).toMatch(/^\S+ +Normal +Scheduled +pod\/shown +Successfully assigned \S+\/shown to n1\n$/);
      expect(await desk().run('events --types=Warning --for pod/shown')).toBe('');
    });

    test('delete --now', async () => {
      expect(await desk().run('delete pod shown', ...REMOVED_AT_ONCE)).toBe(
        `pod "shown" deleted from ${desk().namespace} namespace\n`,
      );
      expect((await desk().try('get pod shown')).stderr).toBe('Error from server (NotFound): pods "shown" not found\n');
    });
  });

  describe('logs', () => {
    test('whole, --tail, --since, --timestamps and --limit-bytes', async () => {
      await desk().apply(pod('lines', 'for i in $(seq 5); do echo line $i; done; echo bad >&2'));
      await phase('lines', 'Succeeded');
      const whole = await desk().run('logs lines');
      expect(whole.split('\n').sort()).toEqual(['', 'bad', 'line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
      expect(await desk().run('logs lines --tail=2')).toBe(whole.split('\n').slice(-3).join('\n'));
      expect(await desk().run('logs lines --since=1h')).toBe(whole);
      expect(await desk().run('logs lines --since-time=2100-01-01T00:00:00Z')).toBe('');
      expect(await desk().run('logs lines --limit-bytes=6')).toBe(whole.slice(0, 6));
      expect((await desk().run('logs lines --timestamps')).split('\n')[0]).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (line 1|bad)$/,
      );
      expect(await desk().run('get pod lines --no-headers')).toMatch(/^lines +0\/1 +Completed +0 /);
    });

    test('-f goes on until the container ends', async () => {
      await desk().apply(pod('counting', 'for i in $(seq 4); do echo $i; sleep 0.5; done'));
      // On a busy machine it may have ended before anybody looks.
      await eventually(
        'it to run',
        async () => (await desk().value('get pod counting', '.status.phase')) !== 'Pending',
      );
      const follow = desk().start('logs -f counting');
      expect(await follow.exit()).toBe(0);
      expect(follow.stdout).toBe('1\n2\n3\n4\n');
    });

    test('-c, --all-containers, -l and --prefix', async () => {
      const second = { ...pod('x', 'echo from two').spec.containers[0]!, name: 'two' };
      const spec = { containers: [...pod('x', 'echo from main').spec.containers, second] };
      await desk().apply(pod('pair', '', { labels: { pair: 'yes' }, spec }));
      await phase('pair', 'Succeeded');
      expect(await desk().run('logs pair -c two')).toBe('from two\n');
      const defaulted = await desk().try('logs pair');
      expect(defaulted).toMatchObject({
        code: 0,
        stdout: 'from main\n',
        stderr: 'Defaulted container "main" out of: main, two\n',
      });
      // kubectl asks for them in no order of its own.
      const sortedLines = async (command: string) => (await desk().run(command)).trimEnd().split('\n').sort();
      expect(await sortedLines('logs pair --all-containers')).toEqual(['from main', 'from two']);
      expect(await sortedLines('logs -l pair=yes --all-containers --prefix')).toEqual([
        '[pod/pair/main] from main',
        '[pod/pair/two] from two',
      ]);
      const unknown = await desk().try('logs pair -c three');
      expect(unknown.stderr).toBe('error: container three is not valid for pod pair\n');
    });

    test('--previous: the container before the restart', async () => {
      // The second run finds what the first one left in the volume.
      const script =
        'if [ -e /state/seen ]; then echo second; while :; do sleep 0.2; done; fi; echo first; echo x >/state/seen; exit 3';
      const spec = { restartPolicy: 'OnFailure', volumes: [{ name: 'state', emptyDir: {} }] };
      await desk().apply(
        pod('again', script, { spec, container: { volumeMounts: [{ name: 'state', mountPath: '/state' }] } }),
      );
      await desk().run('wait --for=jsonpath={.status.containerStatuses[0].restartCount}=1 pod/again --timeout=60s');
      await eventually('the second run', async () => (await desk().run('logs again')) === 'second\n');
      expect(await desk().run('logs again --previous')).toBe('first\n');
      expect(await desk().value('get pod again', '.status.containerStatuses[0].lastState.terminated.exitCode')).toBe(
        '3',
      );
      expect(await desk().run('get pod again --no-headers')).toMatch(/^again +1\/1 +Running +1 \(\d+s ago\) +\d+s\n$/);
      await desk().run('delete pod again', ...REMOVED_AT_ONCE);
      const never = await desk().try('logs lines --previous');
      expect(never.stderr).toMatch(
        /^Error from server \(BadRequest\): previous terminated container "main" in pod "lines" not found/,
      );
    });
  });

  describe('a node', () => {
    test('get and describe', async () => {
      const [heading, row] = rows(await desk().run('get nodes -o wide'));
      expect(heading!.slice(0, 6)).toEqual(['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION', 'INTERNAL-IP']);
      expect(row!.slice(0, 3)).toEqual(['n1', 'Ready', '<none>']);
      expect(row!.at(-1)).toMatch(/^docker:\/\/\d+\./);
      await desk().apply(
        pod('weighty', IDLE, { container: { resources: { requests: { cpu: '150m', memory: '16Mi' } } } }),
      );
      await ready('weighty');
      const described = await desk().run('describe node n1');
      expect(described).toMatch(/^ {2}Ready +True .* AgentReady /m);
      expect(described).toMatch(
        new RegExp(`^ {2}${desk().namespace} +weighty +150m \\(\\d+%\\) +0 \\(0%\\) +16Mi \\(0%\\) +0 \\(0%\\) `, 'm'),
      );
      expect(described).toMatch(/^Allocatable:\n {2}cpu: +\d+m?$/m);
      expect(described).toMatch(/^ {2}HolderIdentity: +n1$/m);
      const node = await desk().json<Node>('get node n1');
      expect(node.status!.capacity).toMatchObject({ cpu: expect.stringMatching(/^\d+$/), pods: '110' });
    });

    const pending = async (name: string, reason: string) => {
      const found = await eventually('the reason it waits for', async () => {
        const { status } = await desk().json<Pod>(`get pod ${name}`);
        return status?.conditions?.find(({ type, status: held }) => type === 'PodScheduled' && held === 'False');
      });
      expect(found).toMatchObject({ reason: 'Unschedulable', message: expect.stringContaining(reason) });
    };

    test('cordon and uncordon', async () => {
      expect(await desk().run('cordon n1')).toBe('node/n1 cordoned\n');
      expect(await desk().run('cordon n1')).toBe('node/n1 already cordoned\n');
      expect(await desk().run('get node n1 --no-headers')).toMatch(/^n1 +Ready,SchedulingDisabled /);
      await desk().apply(pod('barred', IDLE));
      await pending('barred', '0/1 nodes are available: 1 node(s) were unschedulable');
      expect(await desk().run('uncordon n1')).toBe('node/n1 uncordoned\n');
      await ready('barred');
      await desk().run('delete pod barred weighty', ...REMOVED_AT_ONCE);
    });

    test('taint: placement, eviction and toleration', async () => {
      expect(await desk().run('taint node n1 only=some:NoSchedule')).toBe('node/n1 tainted\n');
      await desk().apply(pod('shy', IDLE));
      await pending('shy', '1 node(s) had untolerated taint');
      const tolerations = [{ key: 'only', operator: 'Equal', value: 'some', effect: 'NoSchedule' }];
      await desk().apply(pod('brave', IDLE, { spec: { tolerations } }));
      await ready('brave');
      expect(await desk().run('taint node n1 only=some:NoSchedule-')).toBe('node/n1 untainted\n');
      await ready('shy');
      expect(await desk().run('describe node n1')).toMatch(/^Taints: +<none>$/m);
      await desk().run('delete pod shy brave', ...REMOVED_AT_ONCE);
    });
  });
}
