import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import type { Stage } from './stage.ts';

/** Pods that go together or not at all. */
export function gangs(cell: () => Stage): void {
  let stage: Stage;

  const group = (apiVersion: string, name: string, minMember: number) => ({
    apiVersion,
    kind: 'PodGroup',
    metadata: { name },
    spec: { minMember },
  });
  const members = (gang: string, count: number, part: { key: string; cpu?: number }, first = 0) =>
    Array.from({ length: count }, (_, index) =>
      stage.pod(`${gang}-${first + index}`, { cpu: part.cpu, labels: { gang, [part.key]: gang } }),
    );

  beforeAll(async () => {
    stage = await cell().enter('gangs');
  });
  afterAll(() => stage?.leave());

  test('two of three wait for the third', async () => {
    const key = 'stowage.dev/pod-group';
    await stage.apply(group('stowage.dev/v1', 'trio', 3), ...members('trio', 2, { key }));
    for (const name of ['trio-0', 'trio-1'])
      expect(await stage.refused(name)).toBe('waiting for the pods of gang trio: 2 of 3 are there');
    expect(await stage.why('trio-1')).toBe('waiting: waiting for the pods of gang trio: 2 of 3 are there\n');
    expect(await stage.nodesOf('gang=trio')).toEqual([]);
    await stage.apply(...members('trio', 1, { key }, 2));
    await stage.running('-l gang=trio');
    expect(await stage.nodesOf('gang=trio')).toHaveLength(3);
    await eventually('the group to be told', async () => {
      const said = await stage.desk.value(
        'get events --field-selector involvedObject.kind=PodGroup',
        '.items[*].reason',
      );
      return said.includes('GangScheduled');
    });
  });

  test('one that does not fit as a whole takes no place', async () => {
    const key = 'scheduling.x-k8s.io/pod-group';
    await stage.apply(group('scheduling.x-k8s.io/v1alpha1', 'large', 3), ...members('large', 3, { key, cpu: 0.6 }));
    const shortage = 'gang large: room for 2 of 3 pods at once; the next: 0/2 nodes are available: 2 Insufficient cpu.';
    for (const name of ['large-0', 'large-1', 'large-2']) expect(await stage.refused(name)).toContain(shortage);
    expect(await stage.why('large-0')).toContain(`waiting: ${shortage}`);
    expect(await stage.nodesOf('gang=large')).toEqual([]);
    // Another pod finds all the room that is there.
    await stage.apply(stage.pod('single', { cpu: 0.6 }));
    await stage.placed('single');
    await stage.desk.run('delete pod single --wait=false');
  });

  test('until fewer are enough', async () => {
    await stage.desk.run('patch podgroups.scheduling.x-k8s.io large', '--type=merge', '-p', '{"spec":{"minMember":2}}');
    await eventually('two to be placed', async () => (await stage.nodesOf('gang=large')).length === 2);
    expect((await stage.nodesOf('gang=large')).sort()).toEqual(['n1', 'n2']);
  });
}
