import { randomBytes } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { dockerRuntime } from '../../agent/docker/docker-runtime.ts';
import { ensurePauseImage, PAUSE_IMAGE } from '../../agent/pause/image.ts';
import { describeContainerRuntime } from '../../agent/runtime.suite.ts';
import { systemClock } from '../../platform/clock.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';

const shell = (script: string) => ['/bin/sh', '-c', script];
const unique = () => `stowage-test-${randomBytes(4).toString('hex')}`;

describeContainerRuntime('on Docker', async () => {
  const host = inject('dockerHost');
  await new Engine(host).ensureTestImage();
  const runtime = dockerRuntime({ host, clock: systemClock });
  return {
    runtime,
    image: TEST_IMAGE,
    missingImage: 'stowage.invalid/nowhere:1',
    programs: {
      forever: shell('trap "exit 0" TERM; while :; do sleep 1 & wait; done'),
      stubborn: shell('trap "" TERM; while :; do sleep 1; done'),
      fails: shell('exit 3'),
      prints: shell('echo one; echo two; sleep 0.1; echo three >&2'),
      echoes: ['/bin/cat'],
    },
    prefix: unique(),
    until: async (check) => {
      await eventually('the container runtime', check);
    },
    close: async () => runtime.close(),
  };
});

describe('the Docker adapter', () => {
  test('an engine that is not there is unreachable, in a sentence that says what was tried', async () => {
    const runtime = dockerRuntime({ host: 'unix:///nonexistent/docker.sock', clock: systemClock });
    await expect(runtime.info()).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(runtime.info()).rejects.toThrow(
      /cannot ask the Docker engine about itself.*\/nonexistent\/docker\.sock/,
    );
  });

  test('a host that is none is refused with the forms that are known', async () => {
    const runtime = dockerRuntime({ host: 'ssh://somewhere', clock: systemClock });
    await expect(runtime.info()).rejects.toThrow(
      '"ssh://somewhere": write unix:///path/to/docker.sock or tcp://host:port',
    );
  });

  test('the pause image is packed by the agent, and its container ends at once when asked', async () => {
    const runtime = dockerRuntime({ host: inject('dockerHost'), clock: systemClock });
    const { architecture } = await runtime.info();
    await ensurePauseImage(runtime, architecture);
    const engine = new Engine(inject('dockerHost'));
    const container = await engine.docker.createContainer({ Image: PAUSE_IMAGE, name: unique() });
    try {
      await container.start();
      const startedMs = performance.now();
      await container.stop({ t: 10 });
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      expect((await container.inspect()).State.ExitCode).toBe(0);
    } finally {
      await container.remove({ force: true });
      runtime.close();
    }
  });

  test('a log is read no faster than its reader takes it', async () => {
    const host = inject('dockerHost');
    await new Engine(host).ensureTestImage();
    const runtime = dockerRuntime({ host, clock: systemClock });
    const engine = new Engine(host);
    const lines = 5_000;
    const text = '0123456789'.repeat(100);
    const container = await engine.docker.createContainer({
      Image: TEST_IMAGE,
      name: unique(),
      Cmd: shell(`i=0; while [ $i -lt ${lines} ]; do echo ${text}; i=$((i+1)); done`),
    });
    try {
      await container.start();
      await container.wait();
      const before = process.memoryUsage();
      const iterator = runtime
        .logs(container.id, { follow: false, timestamps: false }, new AbortController().signal)
        [Symbol.asyncIterator]();
      let bytes = (await iterator.next()).value?.length ?? 0;
      // Nobody reads on: what arrives meanwhile must stay with the engine.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
      expect(grown).toBeLessThan(2 * 1024 * 1024);
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) bytes += next.value.length;
      expect(bytes).toBe(lines * (text.length + 1));
    } finally {
      await container.remove({ force: true });
      runtime.close();
    }
  });
});
