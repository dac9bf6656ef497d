import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeStreams } from './runtime/streams.suite.ts';
import { type RuntimeHarness, Workbench } from './runtime/workbench.fixture.ts';
import type { ContainerEvent, ContainerRuntime, ContainerSpec, Labels } from './runtime.ts';

export type { RuntimeHarness } from './runtime/workbench.fixture.ts';

/** Behaviour that every `ContainerRuntime` shares. */
export function describeContainerRuntime(name: string, open: () => Promise<RuntimeHarness>): void {
  describe(`the container runtime ${name}`, () => {
    let bench: Workbench;
    let harness: RuntimeHarness;
    let runtime: ContainerRuntime;
    let labels: Labels;

    beforeEach(async () => {
      harness = await open();
      bench = new Workbench(harness);
      ({ runtime, labels } = bench);
    });
    afterEach(() => bench.clear());

    const make = (what: Partial<ContainerSpec>) => bench.make(what);
    const spec = (what: Partial<ContainerSpec>) => bench.spec(what);
    const exited = (id: string) => bench.exited(id);

    test('a volume is made once, found by its labels and kept while a container refers to it', async () => {
      const name = `${harness.prefix}-volume`;
      await runtime.ensureVolume(name, { kind: 'memory', sizeBytes: 1 << 20 }, labels);
      await runtime.ensureVolume(name, { kind: 'disk' }, {});
      expect(await runtime.volumes(labels)).toMatchObject([{ name, labels }]);
      expect(await runtime.volumePath(name)).toContain(name);
      const id = await make({ mounts: [{ kind: 'volume', source: name, target: '/v', readOnly: false }] });
      await expect(runtime.removeVolume(name)).rejects.toMatchObject({ kind: 'conflict' });
      await runtime.remove(id);
      await runtime.removeVolume(name);
      await runtime.removeVolume(name);
      expect(await runtime.volumes(labels)).toEqual([]);
      expect(await runtime.volumePath(name)).toBeUndefined();
    });

    test('tells what it is', async () => {
      const info = await runtime.info();
      expect(info.cpus).toBeGreaterThan(0);
      expect(info.memoryBytes).toBeGreaterThan(1024 ** 2);
      expect(['amd64', 'arm64']).toContain(info.architecture);
      expect(info.security).toBeInstanceOf(Array);
      expect(['cgroupfs', 'systemd', 'none']).toContain(info.cgroupDriver);
    });

    test('a container is created, runs, ends when asked, and is gone when removed', async () => {
      const id = await make({ entrypoint: harness.programs.forever });
      expect(await runtime.inspect(id)).toMatchObject({ id, state: 'created', image: harness.image, labels });
      await runtime.start(id);
      const running = await runtime.inspect(id);
      expect(running).toMatchObject({ state: 'running' });
      expect(running?.startedAtMs).toBeGreaterThan(0);
      await runtime.stop(id, 2);
      const ended = await runtime.inspect(id);
      expect(ended?.state).toBe('exited');
      expect(ended?.finishedAtMs).toBeGreaterThanOrEqual(ended?.startedAtMs ?? Number.NaN);
      await runtime.remove(id);
      expect(await runtime.inspect(id)).toBeUndefined();
    });

    test('starting, stopping, killing and removing twice does no harm', async () => {
      const id = await make({ entrypoint: harness.programs.forever });
      await runtime.start(id);
      await runtime.start(id);
      await runtime.stop(id, 1);
      await runtime.stop(id, 1);
      await runtime.kill(id);
      await runtime.remove(id);
      await runtime.remove(id);
    });

    test('a program that pays no attention is killed at the end of its grace', async () => {
      const id = await make({ entrypoint: harness.programs.stubborn });
      await runtime.start(id);
      await harness.until(async () => (await runtime.inspect(id))?.state === 'running');
      let stopped = false;
      void runtime.stop(id, 1).then(() => {
        stopped = true;
      });
      await harness.until(() => stopped);
      expect(await runtime.inspect(id)).toMatchObject({ state: 'exited', exitCode: 137 });
    });

    test('an exit code is kept', async () => {
      const id = await make({ entrypoint: harness.programs.fails });
      await runtime.start(id);
      await exited(id);
      expect((await runtime.inspect(id))?.exitCode).toBe(3);
    });

    test('a name can be taken once; the one who has it can be found by it', async () => {
      const id = await make({});
      await expect(runtime.create(spec({}))).rejects.toMatchObject({ kind: 'conflict' });
      expect((await runtime.inspect(`${harness.prefix}-a`))?.id).toBe(id);
    });

    test('says what is missing', async () => {
      await expect(runtime.create(spec({ image: harness.missingImage }))).rejects.toMatchObject({
        kind: 'image-missing',
      });
      await expect(runtime.start('0123456789ab')).rejects.toMatchObject({ kind: 'not-found' });
      await expect(runtime.stop('0123456789ab', 1)).rejects.toMatchObject({ kind: 'not-found' });
      expect(await runtime.inspect('0123456789ab')).toBeUndefined();
      expect(await runtime.image(harness.missingImage)).toBeUndefined();
      expect(await runtime.image(harness.image)).toMatchObject({ id: expect.stringMatching(/^sha256:/) });
    });

    test('an image of which there is a container stays', async () => {
      const id = await make({});
      const found = (await runtime.images()).find(({ tags }) => tags.includes(harness.image));
      expect(found).toMatchObject({ id: (await runtime.image(harness.image))?.id, inUse: true });
      expect(found?.sizeBytes).toBeGreaterThan(0);
      await expect(runtime.removeImage(found?.id ?? '')).rejects.toMatchObject({ kind: 'conflict' });
      expect(await runtime.image(harness.image)).toBeDefined();
      await runtime.removeImage(`sha256:${'0'.repeat(64)}`);
      await runtime.remove(id);
    });

    test('lists by all labels, in every state', async () => {
      const first = await make({ labels: { ...labels, kind: 'x' } });
      const second = await make({ name: `${harness.prefix}-b`, entrypoint: harness.programs.forever });
      await runtime.start(second);
      const ids = async (wanted: Labels) => (await runtime.list(wanted)).map((info) => info.id).sort();
      expect(await ids(labels)).toEqual([first, second].sort());
      expect(await ids({ ...labels, kind: 'x' })).toEqual([first]);
      expect(await ids({ ...labels, kind: 'y' })).toEqual([]);
    });

    test('limits change while it runs', async () => {
      const id = await make({ cpuShares: 100, cpuQuotaUs: 20_000, memoryBytes: 64 * 1024 ** 2 });
      await runtime.start(id);
      const limits = { cpuShares: 200, cpuQuotaUs: 0, memoryBytes: 96 * 1024 ** 2 };
      await runtime.update(id, limits);
      expect((await runtime.inspect(id))?.limits).toEqual(limits);
      await expect(runtime.update(`${harness.prefix}-none`, limits)).rejects.toMatchObject({ kind: 'not-found' });
    });

    test('what a container has written can be measured; one that is not there has written nothing', async () => {
      const id = await make({ entrypoint: harness.programs.forever });
      expect(await runtime.diskBytes(id)).toBeGreaterThanOrEqual(0);
      expect(await runtime.diskBytes(`${harness.prefix}-none`)).toBe(0);
    });

    test('a container can share the network of another, which must run', async () => {
      const sandbox = await make({ entrypoint: harness.programs.forever, ipc: 'shareable' });
      const shared = { network: { container: sandbox }, ipc: { container: sandbox } };
      const joined = await make({ ...shared, name: `${harness.prefix}-b`, entrypoint: harness.programs.forever });
      await expect(runtime.start(joined)).rejects.toMatchObject({ kind: 'failed' });
      await runtime.start(sandbox);
      expect((await runtime.inspect(sandbox))?.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      await runtime.start(joined);
      expect((await runtime.inspect(joined))?.ip).toBeUndefined();
    });

    test('a watcher sees every step of a life, with labels and exit code', async () => {
      const events: ContainerEvent[] = [];
      const subscription = await runtime.watch(labels, { event: (event) => events.push(event), lost() {} });
      const id = await make({ entrypoint: harness.programs.fails });
      await runtime.start(id);
      await exited(id);
      await runtime.remove(id);
      await harness.until(() => events.some((event) => event.type === 'removed'));
      subscription.close();
      expect(events.map((event) => event.type)).toEqual(['created', 'started', 'died', 'removed']);
      expect(events.every((event) => event.id === id && event.labels['stowage.dev/test'] === harness.prefix)).toBe(
        true,
      );
      expect(events[2]?.exitCode).toBe(3);
    });

    test('a watcher is spared the containers of others', async () => {
      const events: ContainerEvent[] = [];
      const mine = { ...labels, owner: 'me' };
      const subscription = await runtime.watch(mine, { event: (event) => events.push(event), lost() {} });
      await make({ name: `${harness.prefix}-theirs` });
      const id = await make({ labels: mine });
      await harness.until(() => events.length > 0);
      subscription.close();
      expect(events.map((event) => event.id)).toEqual([id]);
    });

    test('a container that is not paused is none the worse for being resumed', async () => {
      const id = await make({ entrypoint: harness.programs.forever });
      await runtime.start(id);
      await runtime.resume(id);
      expect(await runtime.inspect(id)).toMatchObject({ state: 'running', paused: undefined });
      await expect(runtime.resume('nobody')).rejects.toMatchObject({ kind: 'not-found' });
    });

    describeStreams(() => bench);

    test('a network is made once and removed', async () => {
      const network = `${harness.prefix}-net`;
      // Agents that start together on one engine.
      await Promise.all(Array.from({ length: 8 }, () => runtime.ensureNetwork(network, labels)));
      await runtime.ensureNetwork(network, labels);
      const id = await make({ network: { name: network }, entrypoint: harness.programs.forever });
      await runtime.start(id);
      expect((await runtime.inspect(id))?.ip).toBeDefined();
      await runtime.remove(id);
      await runtime.removeNetwork(network);
      await runtime.removeNetwork(network);
    });
  });
}
