import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { systemClock } from '../../platform/clock.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { type EtcdCluster, type EtcdMember, startEtcdCluster } from '../etcd-cluster.ts';
import { eventually } from '../eventually.ts';
import { TestMasters } from '../masters.ts';
import { Program } from '../program.ts';
import { RawApi } from '../raw-api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';
const SCRIPT = 'echo begun; trap "exit 0" TERM; while true; do sleep 0.2; done';

describe('a cell on three etcd servers with TLS, client certificates and a password', () => {
  let etcd: EtcdCluster;
  let cell: TestMasters;
  let api: RawApi;
  let count = 0;

  const create = async () => {
    const name = `map-${count++}`;
    const { code, text } = await api.post(MAPS, { metadata: { name } });
    return { name, code, text };
  };
  const container = async () => {
    const { status } = JSON.parse((await api.get(`${PODS}/web?resourceVersion=0`)).text) as Pod;
    return { id: status?.containerStatuses?.[0]?.containerID, restarts: status?.containerStatuses?.[0]?.restartCount };
  };

  beforeAll(async () => {
    const dockerHost = inject('dockerHost');
    await new Engine(dockerHost).ensureTestImage();
    etcd = await startEtcdCluster();
    cell = await TestMasters.create({ dockerHost, kubectl: inject('kubectl'), etcd: etcd.flagsWithUser });
    await Promise.all([cell.add(), cell.add()]);
    const [first] = cell.masters;
    api = await RawApi.of(first!.kubeconfig);
    await cell.startAgent('n1', await cell.invitation(first!));
    await first!.kubectl.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: { containers: [{ name: 'main', image: TEST_IMAGE, command: ['/bin/sh', '-c', SCRIPT] }] },
    });
    await eventually('the pod to run', async () => (await container()).id !== undefined);
  });

  afterAll(async () => {
    api?.close();
    for (const member of etcd?.members ?? []) member.resume();
    await cell?.destroy();
    await etcd?.stop();
  });

  test('without the password a master does not start, and says why', async () => {
    const program = Program.stowctl(
      ...['master', '--data-dir', `${cell.directory}/stranger`, '--port', '1', '--store', 'etcd', ...etcd.flags],
    );
    expect(await program.exit()).toBe(1);
    expect(program.output).toMatch(/permission denied.*--etcd-userfile/);
  });

  /** Kills a server while somebody writes; resolves with what he was told of writes that failed. */
  const writeThroughLossOf = async (member: EtcdMember): Promise<string[]> => {
    const failures: string[] = [];
    let isOver = false;
    const written = (async () => {
      while (!isOver) {
        const { code, text } = await create();
        if (code !== 201) failures.push(text);
      }
    })();
    await member.kill();
    const before = count;
    await eventually('writes to go on', () => count > before + 20).finally(() => {
      isOver = true;
    });
    await written;
    await member.start();
    return failures;
  };

  test('a follower less is not noticed', async () => {
    const isLeader = await Promise.all(etcd.members.map((member) => member.isLeader()));
    for (const follower of etcd.members.filter((_, index) => !isLeader[index])) {
      const failures = await writeThroughLossOf(follower);
      // What was on its way to the server that was killed is not known to have happened, and says so.
      expect(failures.length, failures.join('\n')).toBeLessThanOrEqual(1);
    }
  });

  test('the leader less is an election of writes that wait or are tried again', async () => {
    const isLeader = await Promise.all(etcd.members.map((member) => member.isLeader()));
    const failures = await writeThroughLossOf(etcd.members[isLeader.indexOf(true)]!);
    expect(failures.length, failures.join('\n')).toBeLessThanOrEqual(3);
  });

  test('without a majority what is known is still told, with its age; writes fail in time; containers run on', async () => {
    const before = await container();
    const [, second, third] = etcd.members;
    await Promise.all([second!.kill(), third!.kill()]);
    const write = await create();
    expect(write.code).toBe(503);
    expect(JSON.parse(write.text)).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'ServiceUnavailable' });
    const startMs = systemClock.monotonicMs();
    const read = await api.get(`${PODS}/web`);
    expect(systemClock.monotonicMs() - startMs).toBeLessThan(4_000);
    expect(read.code).toBe(200);
    expect(String(read.headers.warning)).toMatch(/^299 - "the store does not answer: this is the state of \d+ s ago/);
    const list = await api.get(PODS);
    expect(list.code).toBe(200);
    expect(list.headers.warning).toBeDefined();
    expect(await container()).toEqual(before);
    const logs = await api.get(`${PODS}/web/log`);
    expect(logs.text).toContain('begun');
    await Promise.all([second!.start(), third!.start()]);
    await eventually('writes to go on', async () => (await create()).code === 201);
    const after = await api.get(`${PODS}/web`);
    expect(after.headers.warning).toBeUndefined();
    await cell.nodeIs(cell.masters[1]!, 'n1', 'Ready');
    expect(await container()).toEqual(before);
  });
});
