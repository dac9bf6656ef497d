import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import { on, type Stage } from './stage.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** What pods mean to one another, and what they wait for. */
export function neighbours(cell: () => Stage): void {
  let stage: Stage;

  beforeAll(async () => {
    stage = await cell().enter('neighbours');
  });
  afterEach(async () => {
    await stage.desk.run('delete deployments,pods --all --wait=false');
  });
  afterAll(() => stage?.leave());

  test('three replicas that shun each other, on two nodes', async () => {
    const apart = {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app: 'shy' } }, topologyKey: HOSTNAME },
        ],
      },
    };
    await stage.apply(stage.deployment('shy', 3, { spec: { affinity: apart } }));
    await eventually('two to have a node', async () => (await stage.nodesOf('app=shy')).length === 2);
    expect((await stage.nodesOf('app=shy')).sort()).toEqual(['n1', 'n2']);
    const third = await stage.desk.value('get pods --field-selector spec.nodeName=', '.items[*].metadata.name');
    const reason =
      "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules, " +
      "2 node(s) didn't satisfy existing pods anti-affinity rules.";
    expect(await stage.refused(third)).toContain(reason);
    const why = await stage.why(third);
    expect(why).toContain(`${reason}\nReasons:\n  2  node(s) didn't match pod anti-affinity rules\n`);
    expect(why).toMatch(/^Nearest: n\d lacks .*neighbours\/shy-\S+ is on it, and the pod's anti-affinity excludes it/m);
    expect(why).toMatch(
      /^ {2}fits on 2 nodes if it drops its required pod anti-affinity over kubernetes.io\/hostname /m,
    );
    await stage.desk.run(`delete pods -l app=shy --field-selector spec.nodeName=n1 --wait=false`);
    expect(await stage.placed(third)).toBe('n1');
  });

  test('a spread that must hold', async () => {
    const topologySpreadConstraints = [
      {
        maxSkew: 1,
        topologyKey: HOSTNAME,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'even' } },
      },
    ];
    await stage.apply(stage.deployment('even', 4, { spec: { topologySpreadConstraints } }));
    await eventually('all to have a node', async () => (await stage.nodesOf('app=even')).length === 4);
    expect((await stage.nodesOf('app=even')).sort()).toEqual(['n1', 'n1', 'n2', 'n2']);
  });

  test('a gate', async () => {
    await stage.apply(stage.pod('gated', { spec: { schedulingGates: [{ name: 'example.com/licence' }] } }));
    expect(await stage.why('gated')).toBe('waiting: scheduling gates: example.com/licence\n');
    expect(await stage.desk.run('get pod gated --no-headers')).toMatch(/ SchedulingGated /);
    await stage.desk.run('patch pod gated --type=json', '-p', '[{"op":"remove","path":"/spec/schedulingGates"}]');
    await stage.running('gated');
  });

  test('a host port has one holder at a time', async () => {
    const ports = { container: { ports: [{ containerPort: 80, hostPort: 28_931 }] }, spec: on('n1') };
    await stage.apply(stage.pod('holder', ports));
    await stage.running('holder');
    await stage.apply(stage.pod('heir', ports));
    expect(await stage.refused('heir')).toContain("1 node(s) didn't have free ports for the requested pod ports");
    expect(await stage.why('heir')).toContain('  fits on n1 if it drops its host ports\n');
    await stage.desk.run('delete pod holder --wait=false');
    await stage.running('heir');
  });

  test('room that somebody leaves', async () => {
    await stage.apply(stage.pod('big', { cpu: 0.8, spec: on('n1') }));
    await stage.placed('big');
    await stage.apply(stage.pod('next', { cpu: 0.8, spec: on('n1') }));
    expect(await stage.refused('next')).toContain('1 Insufficient cpu');
    await stage.desk.run('delete pod big --wait=false');
    await stage.running('next');
    expect(await stage.why('next')).toMatch(/^placed on n1 since .* \(\d+s ago\)\n$/);
  });
}
