import { describe, expect, test } from 'vitest';
import type { ContainerRuntime, ContainerSpec, LogOptions, ProcessStreams } from '../runtime.ts';
import type { RuntimeHarness, Workbench } from './workbench.fixture.ts';

/** What comes out of containers, and goes into them, whatever the runtime. `bench`: that of the test that runs. */
export function describeStreams(bench: () => Workbench): void {
  test('a log can be read whole, from its end, and with times', async () => {
    const id = await bench().make({ entrypoint: bench().harness.programs.prints });
    await bench().runtime.start(id);
    await bench().exited(id);
    const read = (options: Partial<LogOptions>) => readLog(bench().runtime, id, options);
    expect(await read({})).toBe('one\ntwo\nthree\n');
    expect(await read({ tailLines: 1 })).toBe('three\n');
    expect(await read({ tailLines: 0 })).toBe('');
    expect(await read({ timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n/);
    expect(await read({ follow: true })).toBe('one\ntwo\nthree\n');
  });

  test('following a log ends with its container, or when nobody reads any more', async () => {
    const id = await bench().make({ entrypoint: bench().harness.programs.forever });
    await bench().runtime.start(id);
    const leaving = new AbortController();
    const left = readLog(bench().runtime, id, { follow: true }, leaving.signal);
    leaving.abort();
    await left;
    let ended = false;
    void readLog(bench().runtime, id, { follow: true }).then(() => {
      ended = true;
    });
    await bench().runtime.kill(id);
    await bench().harness.until(() => ended);
  });

  describe('a command in a container', () => {
    const all = { stdin: false, stdout: true, stderr: true, tty: false };
    const never = new AbortController().signal;
    const started = async (what: Partial<ContainerSpec> = {}) => {
      const id = await bench().make(what);
      await bench().runtime.start(id);
      return id;
    };

    test('has two outputs and an exit code', async () => {
      const id = await started();
      const prints = await bench().runtime.openExec(id, { ...all, command: bench().harness.programs.prints }, never);
      expect(await allOf(prints, bench().harness)).toMatchObject({
        stdout: 'one\ntwo\n',
        stderr: 'three\n',
        exitCode: 0,
      });
      const fails = await bench().runtime.openExec(id, { ...all, command: bench().harness.programs.fails }, never);
      expect(await allOf(fails, bench().harness)).toMatchObject({ stdout: '', exitCode: 3 });
    });

    test('reads its input to the end', async () => {
      const id = await started();
      const request = { ...all, stdin: true, command: bench().harness.programs.echoes };
      const process = await bench().runtime.openExec(id, request, never);
      const read = allOf(process, bench().harness);
      await process.write(Buffer.from('some '));
      await process.write(Buffer.from('words'));
      process.endInput();
      expect(await read).toMatchObject({ stdout: 'some words', exitCode: 0 });
      await expect(process.write(Buffer.from('more'))).rejects.toThrow();
    });

    test('is let go of when nobody wants its streams any more', async () => {
      const id = await started();
      const leaving = new AbortController();
      const process = await bench().runtime.openExec(
        id,
        { ...all, command: bench().harness.programs.forever },
        leaving.signal,
      );
      process.resize(80, 25);
      leaving.abort();
      const chunks = process.output[Symbol.asyncIterator]();
      await chunks.next().catch(() => {});
    });

    test('needs a container that runs', async () => {
      const id = await bench().make({});
      await expect(bench().runtime.openExec(id, { ...all, command: ['x'] }, never)).rejects.toMatchObject({
        kind: 'failed',
      });
      await expect(bench().runtime.attach(id, all, never)).rejects.toMatchObject({ kind: 'failed' });
      await expect(bench().runtime.attach('0123456789ab', all, never)).rejects.toMatchObject({ kind: 'not-found' });
    });

    test("a container's own process can be joined", async () => {
      const id = await started({ entrypoint: bench().harness.programs.echoes, stdin: true, stdinOnce: true });
      const process = await bench().runtime.attach(id, { ...all, stdin: true }, never);
      await process.write(Buffer.from('hello'));
      const chunks = process.output[Symbol.asyncIterator]();
      expect(Buffer.from((await chunks.next()).value?.data ?? '').toString()).toBe('hello');
      await bench().runtime.kill(id);
      expect((await chunks.next()).done).toBe(true);
      expect(await process.exitCode()).toBe(0);
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
