import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort, type TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { Program } from '../../program.ts';
import type { Desk } from './desk.ts';
import { IDLE, pod } from './manifests.ts';

const PARALLEL = 20;
const FILE_BYTES = 5_000_000;
/** What a stalled client may cost the master and the agent, each. */
const STALLED_BYTES = 64 * 1024 * 1024;
const BUSYBOX = '/bin/busybox';
const WEB = `mkdir -p /www; echo hello >/www/index.html; dd if=/dev/urandom of=/www/big bs=1000 count=${FILE_BYTES / 1000} 2>/dev/null
httpd -p 127.0.0.1:8081 -h /www; exec httpd -f -p 8080 -h /www`;

/** Ports of pods: port-forward and proxies; and clients that stop reading. */
export function forwarding(desk: () => Desk, cell: () => TestCell): void {
  const programs: Program[] = [];

  beforeAll(async () => {
    await desk().apply(pod('web', WEB, { labels: { app: 'web' }, container: { resources: {} } }));
    await desk().apply(pod('mill', IDLE));
    await desk().run('wait --for=condition=Ready pod/web pod/mill --timeout=30s');
    await eventually(
      'the web server',
      async () => (await desk().try(`exec web -- wget -qO- 127.0.0.1:8080/`)).code === 0,
    );
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.end('SIGKILL')));
  });
  afterAll(async () => {
    await desk().run('delete pod web mill --now --wait=true --timeout=30s');
  });

  const begin = (line: string, ...more: string[]) => {
    const program = desk().start(line, ...more);
    programs.push(program);
    return program;
  };
  const forward = async (...ports: string[]) => {
    const program = begin('port-forward pod/web', ...ports);
    await eventually('all ports', () => program.stdout.split('127.0.0.1').length > ports.length);
    return program;
  };
  const md5Of = async (path: string) => (await desk().run(`exec web -- ${BUSYBOX} md5sum ${path}`)).split(' ')[0];

  describe.each([
    ['over WebSockets', 'true'],
    ['over SPDY', 'false'],
  ])('port-forward %s', (_how, websockets) => {
    beforeAll(() => {
      process.env.KUBECTL_PORT_FORWARD_WEBSOCKETS = websockets;
    });
    afterAll(() => {
      delete process.env.KUBECTL_PORT_FORWARD_WEBSOCKETS;
    });

    test(`${PARALLEL} connections at once, each whole`, async () => {
      const port = await freePort();
      await forward(`${port}:8080`);
      const wanted = await md5Of('/www/big');
      const sums = await Promise.all(Array.from({ length: PARALLEL }, async () => md5(await fetched(port, '/big'))));
      expect(new Set(sums)).toEqual(new Set([wanted]));
    });

    test('what listens on the loopback of the pod alone', async () => {
      const port = await freePort();
      await forward(`${port}:8081`);
      expect((await fetched(port, '/')).toString()).toBe('hello\n');
    });

    test('nobody listens', async () => {
      const port = await freePort();
      const program = await forward(`${port}:81`);
      await fetched(port, '/').catch(() => {});
      await eventually('kubectl to tell', () => /forwarding port 81 .*connection refused/.test(program.stderr));
    });
  });

  describe('a proxy', () => {
    const base = () => `/api/v1/namespaces/${desk().namespace}`;

    test('to a pod', async () => {
      expect(await desk().run('get --raw', `${base()}/pods/web:8080/proxy/index.html`)).toBe('hello\n');
      expect(await desk().run('get --raw', `${base()}/pods/http:web:8081/proxy/`)).toBe('hello\n');
      const closed = await desk().try('get --raw', [`${base()}/pods/web:81/proxy/`]);
      expect(closed.stderr).toMatch(/ServiceUnavailable\): error trying to reach service: .*connection refused/);
      const absent = await desk().try('get --raw', [`${base()}/pods/web:8080/proxy/absent`]);
      expect(absent.stderr).toContain('NotFound');
    });

    test('to a service', async () => {
      await desk().run('expose pod web --port=80 --target-port=8080 --name=front');
      expect(await desk().run('get --raw', `${base()}/services/front:80/proxy/index.html`)).toBe('hello\n');
      expect(await desk().run('get --raw', `${base()}/services/front/proxy/`)).toBe('hello\n');
      await desk().run('delete service front');
      const gone = await desk().try('get --raw', [`${base()}/services/front/proxy/`]);
      expect(gone.stderr).toContain('services "front" not found');
    });
  });

  describe('a client that stops reading', () => {
    const rss = async (program: Program | undefined) => {
      const text = await readFile(`/proc/${program?.child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
    };
    const both = async () => ({ master: await rss(cell().master), agent: await rss(cell().agent) });
    /** Bytes that a process has written so far, whatever to. */
    const progress = (path: string) => desk().run(`exec mill -- ${BUSYBOX} stat -c %s ${path}`);
    /** How many streams the master knows to be open: its count of long requests to that subresource. */
    const openStreams = async (subresource: string) => {
      const metrics = await desk().run('get --raw /metrics');
      const lines = metrics.split('\n').filter((line) => line.startsWith('apiserver_longrunning_requests{'));
      const counts = lines.filter((line) => line.includes(subresource)).map((line) => Number(line.split(' ').at(-1)));
      return counts.reduce((sum, count) => sum + count, 0);
    };

    test('holds the process back, and costs little memory', async () => {
      const before = await both();
      // Each piece that could be written is counted in a file.
      const flood = `while dd if=/dev/zero bs=1000000 count=1 2>/dev/null; do echo -n x >>/tmp/flooded; done`;
      const stalled = begin('exec mill -- sh -c', flood);
      await eventually('the flood', async () => Number(await progress('/tmp/flooded').catch(() => 0)) > 3);
      stalled.child.kill('SIGSTOP');
      let last = '';
      await eventually('the process to stand still', async () => {
        const now = await progress('/tmp/flooded');
        const still = now === last;
        last = now;
        return still;
      });
      const after = await both();
      expect(after.master - before.master).toBeLessThan(STALLED_BYTES);
      expect(after.agent - before.agent).toBeLessThan(STALLED_BYTES);
      // Others are served meanwhile.
      expect(await desk().run('exec mill -- echo well')).toBe('well\n');
      await eventually('just this stream', async () => (await openStreams('exec')) === 1);
      await stalled.end('SIGKILL');
      await eventually('the stream to be over', async () => (await openStreams('exec')) === 0);
    });

    test('a process that reads no input holds its client back', async () => {
      const before = await both();
      const shell = `${desk().path} --kubeconfig ${desk().kubeconfig} -n ${desk().namespace} exec -i mill -- sleep 60 </dev/zero`;
      const program = new Program('sh', ['-c', `exec ${shell}`]);
      programs.push(program);
      let read = -1;
      await eventually('kubectl to stand still', async () => {
        const io = await readFile(`/proc/${program.child.pid}/io`, 'utf8');
        const now = Number(/^rchar: (\d+)$/m.exec(io)?.[1]);
        const still = now === read && now > 200_000;
        read = now;
        return still;
      });
      const after = await both();
      expect(after.master - before.master).toBeLessThan(STALLED_BYTES);
      expect(after.agent - before.agent).toBeLessThan(STALLED_BYTES);
      await eventually('just this stream', async () => (await openStreams('exec')) === 1);
      await program.end('SIGKILL');
      await eventually('the stream to be over', async () => (await openStreams('exec')) === 0);
    });
  });
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

/** A GET on a connection of its own. */
function fetched(port: number, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outward = request({ port, path, host: '127.0.0.1', agent: false }, async (response) => {
      try {
        resolve(Buffer.concat(await response.toArray()));
      } catch (error) {
        reject(error);
      }
    });
    outward.once('error', reject);
    outward.end();
  });
}
