import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dockerRuntime } from '../../agent/docker/docker-runtime.ts';
import { removeCell } from '../../agent/docker/remove-cell.ts';
import { DEFAULT_POLICY } from '../../agent/images/collection.ts';
import { ImageCollector } from '../../agent/images/collector.ts';
import { ImageUses } from '../../agent/images/image-uses.ts';
import { cellLabels } from '../../agent/labels.ts';
import { type Agent, createAgent } from '../../agent/main.ts';
import type { Pod, Secret } from '../../agent/pod-types.ts';
import type { PullProgress } from '../../agent/runtime.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import { ScriptedMaster } from '../../sim/scripted-master.ts';
import { Engine } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { Registry } from '../registry.ts';

const podOf = (name: string, image: string, more: object = {}): Pod => ({
  metadata: { namespace: 'default', name, uid: `${randomBytes(4).toString('hex')}-${name}`, resourceVersion: '1' },
  spec: {
    terminationGracePeriodSeconds: 2,
    containers: [{ name: 'app', image, imagePullPolicy: 'IfNotPresent' }],
    ...more,
  },
});

describe('images of an agent on Docker', () => {
  const host = inject('dockerHost');
  const engine = new Engine(host);
  const runtime = dockerRuntime({ host, clock: systemClock });
  const master = new ScriptedMaster();
  const registry = new Registry();
  let dataDir: string;
  let agent: Agent;

  beforeAll(async () => {
    await registry.start();
    dataDir = await mkdtemp(join(tmpdir(), 'stowage-test-agent-'));
    master.cellId = `stowage-test-${randomBytes(4).toString('hex')}`;
    const place = { dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 };
    const ground = { clock: systemClock, rng: systemRng(), log: silentLogger };
    agent = createAgent({ ...place, dockerHost: host, transport: master, ...ground });
    await agent.start();
    await agent.whenReady;
    master.assignAll();
  });
  afterAll(async () => {
    await agent.stop();
    await removeCell(host, cellLabels(master.cellId));
    const left = (await runtime.images()).filter(({ tags }) => tags.some((tag) => tag.startsWith(registry.host)));
    for (const { id } of left) await runtime.removeImage(id);
    runtime.close();
    await registry.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const statusOf = (pod: Pod) => master.status(pod.metadata?.name ?? '')?.containerStatuses?.[0];
  const running = (pod: Pod) => eventually('the pod to run', () => statusOf(pod)?.state?.running !== undefined);
  const waiting = (pod: Pod, reason: string) =>
    eventually(reason, () => statusOf(pod)?.state?.waiting?.reason === reason, 30_000);
  const events = (pod: Pod) =>
    master.heard.flatMap(({ event }) => (event?.pod?.uid === pod.metadata?.uid ? [event] : []));
  const messages = (pod: Pod, reason: string) =>
    events(pod).flatMap((event) => (event?.reason === reason ? [event.message] : []));
  async function leave(): Promise<void> {
    master.assignAll();
    await eventually('all to go', async () => (await engine.containers(master.cellId)).length === 0);
  }
  /** A pull secret called `key`, at a version. */
  function giveKey(login: string, resourceVersion: string): void {
    const auths = { [registry.host]: { auth: btoa(login) } };
    const secret: Secret = {
      metadata: { namespace: 'default', name: 'key', resourceVersion },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': btoa(JSON.stringify({ auths })) },
    };
    const upserts = [{ plural: 'secrets', namespace: 'default', name: 'key', json: JSON.stringify(secret) }];
    master.say({ message: 'assignments', assignments: { complete: false, upserts, removals: [] } });
  }

  test('pods that want the same image wait for one pull, and hear how long it took', async () => {
    const image = await registry.put('open/app');
    registry.asked.length = 0;
    const [one, two] = [podOf('one', image), podOf('two', image)];
    master.assignSome(one, two);
    await Promise.all([running(one), running(two)]);
    expect(registry.asked.filter((line) => line.startsWith('GET') && line.includes('/blobs/'))).toHaveLength(2);
    expect(messages(one, 'Pulling')).toEqual([`Pulling image "${image}"`]);
    const size = (await runtime.image(image))?.sizeBytes;
    expect(messages(one, 'Pulled')[0]).toMatch(
      new RegExp(
        `^Successfully pulled image "${image}" in \\S+ \\(\\S+ including waiting\\)\\. Image size: ${size} bytes\\.$`,
      ),
    );
    const node = await eventually('the image to be reported', () => {
      const reports = master.heard.flatMap((heard) => heard.node?.statusJson ?? []).map((json) => JSON.parse(json));
      return reports.at(-1)?.images?.find(({ names }: { names: string[] }) => names.includes(image));
    });
    expect(node.sizeBytes).toBe(size);
    await leave();
  });

  test('a registry with a password opens to the right secret only, once it is there', async () => {
    const image = await registry.put('closed/app');
    registry.login = 'anna:right';
    const pod = podOf('closed', image, { imagePullSecrets: [{ name: 'key' }] });
    master.assignSome(pod);
    await waiting(pod, 'ErrImagePull');
    expect(messages(pod, 'FailedToRetrieveImagePullSecret')[0]).toContain('(key)');
    giveKey('anna:wrong', '2');
    await waiting(pod, 'ImagePullBackOff');
    const said = JSON.stringify([events(pod), statusOf(pod)]);
    expect(said).toMatch(/wrong name or password|no basic auth|unauthorized/i);
    expect(said).not.toContain('anna');
    giveKey('anna:right', '3');
    await running(pod);
    registry.login = undefined;
    await leave();
  });

  test('images are collected once nobody uses them, and nothing else is', async () => {
    const [old, young, used] = [
      await registry.put('gc/old', 3e6),
      await registry.put('gc/young'),
      await registry.put('gc/used'),
    ];
    const pod = podOf('user', used);
    master.assignSome(pod);
    await running(pod);
    const never = new AbortController().signal;
    const heard: PullProgress[] = [];
    const first = await runtime.pull(old, never, { progress: (news) => heard.push(news) });
    const second = await runtime.pull(young, never);
    expect(heard.at(-1)?.totalBytes).toBeGreaterThan(3e6);
    expect(heard.at(-1)?.doneBytes).toBe(heard.at(-1)?.totalBytes);
    await engine.docker.getImage(old).tag({ repo: 'stowage-test/old', tag: 'also' });
    const before = (await runtime.images()).length;
    // Ten minutes on.
    const clock: Clock = { ...systemClock, now: () => Date.now() + 600_000 };
    const uses = new ImageUses(join(dataDir, 'collected.json'));
    const collector = new ImageCollector({
      ...{ runtime, uses, policy: DEFAULT_POLICY, clock, log: silentLogger },
      inUse: () => [],
      disk: async () => undefined,
      listed: () => {},
      event: () => {},
    });
    uses.note(first.id, Date.now());
    uses.note(second.id, Date.now() + 1_000);
    uses.note((await runtime.image(used))?.id ?? '', 0);
    expect(await collector.collect(1)).toBe(first.sizeBytes);
    expect(await runtime.image(old)).toBeUndefined();
    expect(await runtime.image('stowage-test/old:also')).toBeUndefined();
    expect(await runtime.image(young)).toBeDefined();
    await collector.collect(1e12);
    expect(await runtime.image(young)).toBeUndefined();
    expect(await runtime.image(used)).toBeDefined();
    expect((await runtime.images()).length).toBe(before - 2);
    await leave();
  });
});
