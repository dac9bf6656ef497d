import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  Attach,
  CoreV1Api,
  Exec,
  type KubeConfig,
  Log,
  Metrics,
  PortForward,
  topNodes,
  topPods,
  type V1Status,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { pod } from '../kubectl/manifests.ts';
import { administrator } from './clients.ts';

const NAMESPACE = 'streamed';
const WEB = 'mkdir -p /www; echo hello >/www/index.html; echo begun; exec httpd -f -p 8080 -h /www';
const CLERK = 'while read line; do if test "$line" = bye; then exit 0; fi; echo "noted $line"; done; sleep 1000';

/** What a pod says and takes, and what it uses, by the library's own means. */
export function streams(cellOf: () => TestCell): void {
  const namespace = NAMESPACE;
  let config: KubeConfig;
  let core: CoreV1Api;

  beforeAll(async () => {
    config = administrator(cellOf().kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const stdin = { stdin: true, stdinOnce: false };
    const body = (object: object) => object as never;
    await core.createNamespacedPod({ namespace, body: body(pod('web', WEB)) });
    await core.createNamespacedPod({ namespace, body: body(pod('clerk', CLERK, { container: stdin })) });
    for (const name of ['web', 'clerk']) {
      await eventually(`${name} to be ready`, async () => {
        const { status } = await core.readNamespacedPod({ namespace, name });
        return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
      });
    }
  });
  afterAll(() => core.deleteNamespace({ name: namespace, gracePeriodSeconds: 0 }));

  const run = async (command: string[], stdin: PassThrough | null = null) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const ended = Promise.withResolvers<V1Status>();
    const exec = new Exec(config);
    const socket = await exec.exec(namespace, 'web', 'main', command, stdout, stderr, stdin, false, ended.resolve);
    const closed = once(socket, 'close');
    const status = await ended.promise;
    await closed;
    return { status, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  };

  test('exec: output, error output, the exit code', async () => {
    const ran = await run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(ran).toMatchObject({
      stdout: 'out\n',
      stderr: 'err\n',
      status: { status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ message: '3' }] } },
    });
    expect((await run(['true'])).status.status).toBe('Success');
  });

  test('exec: input to its end', async () => {
    const stdin = new PassThrough();
    stdin.end('typed\n'.repeat(10_000));
    const ran = await run(['/bin/busybox', 'md5sum'], stdin);
    expect(ran.status.status).toBe('Success');
    expect(ran.stdout).toBe(
      (await run(['sh', '-c', 'seq 10000 | /bin/busybox sed s/.*/typed/ | /bin/busybox md5sum'])).stdout,
    );
  });

  test('attach: the process of a container', async () => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const socket = await new Attach(config).attach(namespace, 'clerk', 'main', stdout, null, stdin, false);
    stdin.write('one\n');
    const [noted] = await once(stdout, 'data');
    expect(String(noted)).toBe('noted one\n');
    socket.close();
  });

  test('port-forward, to one who answers and to nobody', async () => {
    const ask = async (port: number) => {
      const [output, err, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const forwarded = await new PortForward(config).portForward(namespace, 'web', [port], output, err, input);
      const socket = forwarded as Exclude<typeof forwarded, () => unknown>;
      input.write('GET / HTTP/1.0\r\n\r\n');
      if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
      return { answer: String(output.read() ?? ''), fault: String(err.read() ?? '') };
    };
    expect(await ask(8080)).toMatchObject({ answer: expect.stringMatching(/^HTTP\/1.. 200 OK.*hello\n$/s), fault: '' });
    expect(await ask(81)).toMatchObject({ answer: '', fault: expect.stringMatching(/port 81 to pod web.*refused/) });
  });

  test('use of nodes and pods', async () => {
    const metrics = new Metrics(config);
    const usage = await eventually('the use of both pods', async () => {
      const { items } = await metrics.getPodMetrics(namespace);
      return items.length === 2 && items;
    });
    expect(usage.map(({ metadata, containers }) => [metadata.name, containers[0]?.name])).toEqual([
      ['clerk', 'main'],
      ['web', 'main'],
    ]);
    expect((await metrics.getNodeMetrics()).items.map(({ metadata }) => metadata.name)).toEqual(['n1']);
    const [node] = await topNodes(core);
    expect(Number(node?.CPU.RequestTotal)).toBeGreaterThan(0);
    const pods = await topPods(core, metrics, namespace);
    expect(pods.every(({ Memory }) => Number(Memory.CurrentUsage) > 50_000)).toBe(true);
  });

  test('logs, followed to the end of what speaks', async () => {
    const log = new Log(config);
    const whole = new PassThrough();
    await log.log(namespace, 'web', 'main', whole, { tailLines: 5 });
    expect(await text(whole)).toBe('begun\n');
    const followed = new PassThrough();
    await log.log(namespace, 'clerk', 'main', followed, { follow: true });
    const stdin = new PassThrough();
    const socket = await new Attach(config).attach(namespace, 'clerk', 'main', null, null, stdin, false);
    const all = text(followed);
    stdin.write('two\n');
    stdin.write('bye\n');
    expect(await all).toBe('noted one\nnoted two\n');
    socket.close();
  });
}
