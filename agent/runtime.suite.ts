import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerEvent, ContainerRuntime, ContainerSpec, Labels, LogOptions, ProcessStreams } from './runtime.ts';

/** One runtime under test, with what the suite needs to know about its world. */
export interface RuntimeHarness {
  readonly runtime: ContainerRuntime;
  /** An image that is there, and one that is nowhere. */
  readonly image: string;
  readonly missingImage: string;
  /** Entry points of the image. */
  readonly programs: {
    /** Runs until it is asked to stop. */
    readonly forever: readonly string[];
    /** Pays no attention to being asked. */
    readonly stubborn: readonly string[];
    /** Ends at once with code 3. */
    readonly fails: readonly string[];
    /** Writes `one` and `two` to standard output and `three` to standard error, then ends well. */
    readonly prints: readonly string[];
    /** Writes back what it reads, and ends well with its input. */
    readonly echoes: readonly string[];
  };
  /** Starts the names and labels of what a test makes. */
  readonly prefix: string;
  /** Resolves when `check` holds, letting time pass; rejects after a while. */
  until(check: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/** Behaviour that every `ContainerRuntime` shares. */
export function describeContainerRuntime(name: string, open: () => Promise<RuntimeHarness>): void {
  describe(`the container runtime ${name}`, () => {
    let harness: RuntimeHarness;
    let runtime: ContainerRuntime;
    let labels: Labels;
    const made: string[] = [];

    beforeEach(async () => {
      harness = await open();
      runtime = harness.runtime;
      labels = { 'stowage.dev/test': harness.prefix };
    });
    afterEach(async () => {
      for (const id of made.splice(0).reverse()) await runtime.remove(id);
      await harness.close();
    });

    const spec = (what: Partial<ContainerSpec>): ContainerSpec => ({
      name: `${harness.prefix}-a`,
      image: harness.image,
      entrypoint: harness.programs.forever,
      labels,
      env: [],
      groups: [],
      tty: false,
      stdin: false,
      network: { name: 'bridge' },
      ipc: 'private',
      pid: 'private',
      ports: [],
      sysctls: {},
      mounts: [],
      readOnlyRoot: false,
      privileged: false,
      noNewPrivileges: false,
      capabilitiesAdd: [],
      capabilitiesDrop: [],
      cpuShares: 2,
      cpuQuotaUs: 0,
      memoryBytes: 0,
      oomScoreAdj: 0,
      pidsLimit: 0,
      ...what,
    });
    const make = async (what: Partial<ContainerSpec>): Promise<string> => {
      const id = await runtime.create(spec(what));
      made.push(id);
      return id;
    };
    const exited = (id: string) => harness.until(async () => (await runtime.inspect(id))?.state === 'exited');

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

    test('a log can be read whole, from its end, and with times', async () => {
      const id = await make({ entrypoint: harness.programs.prints });
      await runtime.start(id);
      await exited(id);
      const read = (options: Partial<LogOptions>) => readLog(runtime, id, options);
      expect(await read({})).toBe('one\ntwo\nthree\n');
      expect(await read({ tailLines: 1 })).toBe('three\n');
      expect(await read({ tailLines: 0 })).toBe('');
      expect(await read({ timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n/);
      expect(await read({ follow: true })).toBe('one\ntwo\nthree\n');
    });

    test('following a log ends with its container, or when nobody reads any more', async () => {
      const id = await make({ entrypoint: harness.programs.forever });
      await runtime.start(id);
      const leaving = new AbortController();
      const left = readLog(runtime, id, { follow: true }, leaving.signal);
      leaving.abort();
      await left;
      let ended = false;
      void readLog(runtime, id, { follow: true }).then(() => {
        ended = true;
      });
      await runtime.kill(id);
      await harness.until(() => ended);
    });

    describe('a command in a container', () => {
      const all = { stdin: false, stdout: true, stderr: true, tty: false };
      const never = new AbortController().signal;
      const started = async (what: Partial<ContainerSpec> = {}) => {
        const id = await make(what);
        await runtime.start(id);
        return id;
      };

      test('has two outputs and an exit code', async () => {
        const id = await started();
        const prints = await runtime.openExec(id, { ...all, command: harness.programs.prints }, never);
        expect(await allOf(prints, harness)).toMatchObject({ stdout: 'one\ntwo\n', stderr: 'three\n', exitCode: 0 });
        const fails = await runtime.openExec(id, { ...all, command: harness.programs.fails }, never);
        expect(await allOf(fails, harness)).toMatchObject({ stdout: '', exitCode: 3 });
      });

      test('reads its input to the end', async () => {
        const id = await started();
        const request = { ...all, stdin: true, command: harness.programs.echoes };
        const process = await runtime.openExec(id, request, never);
        const read = allOf(process, harness);
        await process.write(Buffer.from('some '));
        await process.write(Buffer.from('words'));
        process.endInput();
        expect(await read).toMatchObject({ stdout: 'some words', exitCode: 0 });
        await expect(process.write(Buffer.from('more'))).rejects.toThrow();
      });

      test('is let go of when nobody wants its streams any more', async () => {
        const id = await started();
        const leaving = new AbortController();
        const process = await runtime.openExec(id, { ...all, command: harness.programs.forever }, leaving.signal);
        process.resize(80, 25);
        leaving.abort();
        const chunks = process.output[Symbol.asyncIterator]();
        await chunks.next().catch(() => {});
      });

      test('needs a container that runs', async () => {
        const id = await make({});
        await expect(runtime.openExec(id, { ...all, command: ['x'] }, never)).rejects.toMatchObject({ kind: 'failed' });
        await expect(runtime.attach(id, all, never)).rejects.toMatchObject({ kind: 'failed' });
        await expect(runtime.attach('0123456789ab', all, never)).rejects.toMatchObject({ kind: 'not-found' });
      });

      test("a container's own process can be joined", async () => {
        const id = await started({ entrypoint: harness.programs.echoes, stdin: true, stdinOnce: true });
        const process = await runtime.attach(id, { ...all, stdin: true }, never);
        await process.write(Buffer.from('hello'));
        const chunks = process.output[Symbol.asyncIterator]();
        expect(Buffer.from((await chunks.next()).value?.data ?? '').toString()).toBe('hello');
        await runtime.kill(id);
        expect((await chunks.next()).done).toBe(true);
        expect(await process.exitCode()).toBe(0);
      });
    });

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

/** All that a process writes, and how it ends. */
async function allOf(process: ProcessStreams, { until }: RuntimeHarness) {
  const texts = { stdout: '', stderr: '' };
  let over = false;
  const read = (async () => {
    for await (const { stream, data } of process.output) texts[stream] += Buffer.from(data).toString();
    over = true;
  })();
  await until(() => over);
  await read;
  return { ...texts, exitCode: await process.exitCode() };
}

async function readLog(
  runtime: ContainerRuntime,
  id: string,
  options: Partial<LogOptions>,
  signal = new AbortController().signal,
): Promise<string> {
  let text = '';
  for await (const piece of runtime.logs(id, { follow: false, timestamps: false, ...options }, signal)) {
    text += Buffer.from(piece).toString();
  }
  return text;
}
