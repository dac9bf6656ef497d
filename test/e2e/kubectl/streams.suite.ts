import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { TEST_IMAGE } from '../../docker.ts';
import { run } from '../../kubectl.ts';
import type { Desk } from './desk.ts';
import { IDLE, pod } from './manifests.ts';

const FILE_BYTES = 50_000_000;
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
/** `kubectl cp` wants a tar in the container. */
const WITH_TAR = `/bin/busybox ln -s busybox /bin/tar; ${IDLE}`;

/** Processes in containers: exec, attach, cp, run and debug. */
export function streams(desk: () => Desk): void {
  let directory: string;
  const other = { ...pod('x', IDLE).spec.containers[0]!, name: 'side' };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stowage-test-streams-'));
    const { spec } = pod('box', WITH_TAR);
    await desk().apply(pod('box', '', { spec: { containers: [...spec.containers, other] } }));
    await desk().apply(pod('ended', 'exit 0'));
    await desk().run('wait --for=condition=Ready pod/box --timeout=30s');
    await desk().run('wait --for=jsonpath={.status.phase}=Succeeded pod/ended --timeout=30s');
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  /** kubectl at a terminal of its own. */
  const atTerminal = (line: string, ...more: string[]) => {
    const words = [desk().path, '--kubeconfig', desk().kubeconfig, '-n', desk().namespace, ...line.split(' '), ...more];
    const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    return run('script', ['-qec', `stty rows 33 cols 77; ${command}`, '/dev/null'], {
      env: { ...process.env, KUBECACHEDIR: `${desk().kubeconfig}.cache` },
    });
  };

  describe.each([
    ['over WebSockets', 'true'],
    ['over SPDY', 'false'],
  ])('exec %s', (_how, websockets) => {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets };

    test('outputs and exit code', async () => {
      const ran = await desk().try('exec box -c main --', ['sh', '-c', 'echo out; echo err >&2; exit 3'], { env });
      expect(ran).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 3\n' });
      expect(await desk().try('exec box -c main -- true', [], { env })).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    test('input to its end', async () => {
      const input = randomBytes(200_000).toString('base64');
      const ran = await desk().try('exec -i box -c side -- cat', [], { env, input });
      expect([ran.code, ran.stdout === input]).toEqual([0, true]);
    });
  });

  test('exec at a terminal', async () => {
    const ran = await atTerminal(
      'exec -it box -c main --',
      'sh',
      '-c',
      'test -t 0 && test -t 1 && echo terminal; sleep 0.5; /bin/busybox stty size; exit 4',
    );
    expect(ran.code).toBe(4);
    expect(ran.stdout).toMatch(/terminal\r?\n/);
    expect(ran.stdout).toMatch(/33 77\r?\n/);
  });

  test('what cannot be done is said before anything else', async () => {
    const said = async (line: string) => (await desk().try(line)).stderr;
    expect(await said('exec nowhere -- true')).toBe('Error from server (NotFound): pods "nowhere" not found\n');
    expect(await said('exec box -c third -- true')).toMatch(
      /container third is not valid for pod box|not found in pod/,
    );
    expect(await said('attach ended')).toMatch(/completed pod|is not running: it has ended \(Completed, exit code 0\)/);
    const none = await desk().try('exec box -c main -- /no/such/command');
    expect(none.code).toBeGreaterThan(0);
    expect(none.stdout + none.stderr).toContain('/no/such/command');
  });

  test('cp there and back', async () => {
    const [there, back] = [join(directory, 'there'), join(directory, 'back')];
    const content = randomBytes(FILE_BYTES);
    await writeFile(there, content);
    await desk().run('cp -c main', there, 'box:/tmp/copied');
    expect(await desk().run('exec box -c main -- /bin/busybox md5sum /tmp/copied')).toBe(
      `${md5(content)}  /tmp/copied\n`,
    );
    await desk().run('cp -c main', 'box:/tmp/copied', back);
    expect(md5(await readFile(back))).toBe(md5(content));
  });

  test('run -i gives input to the container and comes back with its exit code', async () => {
    const image = `--image=${TEST_IMAGE}`;
    const flags = [image, '--restart=Never', '--rm', '--quiet', '--command', '--'];
    // Attached only once it runs, kubectl misses what was said before.
    const script = 'read line; echo "got $line"; exit 5';
    const ran = await desk().try('run asked -i', [...flags, 'sh', '-c', script], { input: 'a word\n' });
    expect(ran.stdout).toMatch(/^got a word\n/);
    expect(ran.code).toBe(5);
  });

  test('attach joins the process of a container', async () => {
    const script = 'while read line; do echo "heard $line"; done; echo over';
    await desk().apply(pod('listening', script, { container: { stdin: true, stdinOnce: true } }));
    await desk().run('wait --for=condition=Ready pod/listening --timeout=30s');
    const ran = await desk().try('attach -i -q listening', [], { input: 'one\ntwo\n' });
    expect(ran).toMatchObject({ code: 0, stdout: 'heard one\nheard two\nover\n' });
    await desk().run('wait --for=jsonpath={.status.phase}=Succeeded pod/listening --timeout=30s');
  });

  test('debug adds a container that sees the processes of another', async () => {
    const flags = [`--image=${TEST_IMAGE}`, '--target=main', '-c', 'looking', '-q', '-i', '--profile=general', '--'];
    const script = 'sleep 1; /bin/busybox tr "\\0" " " </proc/1/cmdline; echo; echo seen';
    const ran = await desk().try('debug box', [...flags, 'sh', '-c', script]);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/busybox ln -s.*\nseen\n$/s) });
    await desk().run(
      'wait --for=jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}=0 pod/box --timeout=20s',
    );
    const { status, spec } = await desk().json<Pod>('get pod box');
    expect(status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true }, { ready: true }] });
    expect(spec!.ephemeralContainers).toMatchObject([{ name: 'looking', targetContainerName: 'main' }]);
    expect(await desk().run('logs box -c looking')).toContain('seen');
    const removed = JSON.stringify({ spec: { ephemeralContainers: null } });
    const refused = await desk().try('patch pod box --subresource=ephemeralcontainers --type=merge -p', [removed]);
    expect(refused.stderr).toMatch(/existing ephemeral containers "looking" may not be removed/);
  });
}
