import { beforeAll, describe, expect, test } from 'vitest';
import type { NodeMetrics } from '../../../api/metrics/node-metrics.ts';
import type { PodMetrics } from '../../../api/metrics/pod-metrics.ts';
import { TEST_IMAGE } from '../../docker.ts';
import { eventually } from '../../eventually.ts';
import { type Desk, rows } from './desk.ts';
import { IDLE, pod } from './manifests.ts';

const METRICS = '/apis/metrics.k8s.io/v1beta1';
/** Readings are 10 s apart, and on a busy machine whoever would burn CPU has to wait for it too. */
const PATIENCE_MS = 120_000;

const milli = (cpu: string | undefined): number => Number(/^(\d+)m$/.exec(cpu ?? '')?.[1] ?? Number.NaN);
const mebibytes = (memory: string | undefined): number => Number(/^(\d+)Mi$/.exec(memory ?? '')?.[1] ?? Number.NaN);

/** What nodes and pods use, as `kubectl top` shows it. Each of `others` is another kubectl in the same namespace. */
export function usage(desk: () => Desk, others: () => readonly Desk[]): void {
  const burn = { command: ['/bin/sh', '-c', 'while :; do :; done'], resources: { requests: { cpu: '900m' } } };
  const idle = { name: 'idle', image: TEST_IMAGE, command: ['/bin/sh', '-c', IDLE] };
  /** Rows of `kubectl top pods` by the name of the pod. */
  const top = async (line: string): Promise<Map<string, string[]>> => {
    const { stdout } = await desk().try(line);
    return new Map(stdout ? rows(stdout).map((row) => [row[0] ?? '', row]) : []);
  };

  describe('kubectl top', () => {
    beforeAll(async () => {
      const burner = pod('burner', '', { labels: { role: 'burner' }, container: burn });
      burner.spec.containers.push(idle as never);
      await desk().apply(burner);
      await desk().apply(pod('still', IDLE));
      await desk().apply(pod('done', 'exit 0'));
      for (const name of ['burner', 'still']) {
        await desk().run('wait --for=condition=Ready', `pod/${name}`, '--timeout=60s');
      }
      const measured = async () => {
        const table = await top('top pods');
        return table.has('still') && milli(table.get('burner')?.[1]) > 500;
      };
      await eventually('a burner that is seen to burn', measured, PATIENCE_MS);
    });

    test('pods: who burns CPU is first, who has ended is not there', async () => {
      const table = rows(await desk().run('top pods --sort-by=cpu'));
      expect(table[0]).toEqual(['NAME', 'CPU(cores)', 'MEMORY(bytes)']);
      expect(table.slice(1).map(([name]) => name)).toEqual(['burner', 'still']);
      const [, burning, still] = table;
      expect(milli(burning?.[1])).toBeGreaterThan(milli(still?.[1]));
      expect(milli(still?.[1])).toBeLessThan(500);
      expect(mebibytes(still?.[2])).toBeLessThan(64);
    });

    test('pods by container, by label and by name', async () => {
      const table = rows(await desk().run('top pod burner --containers'));
      expect(table[0]).toEqual(['POD', 'NAME', 'CPU(cores)', 'MEMORY(bytes)']);
      const byName = new Map(table.slice(1).map((row) => [row[1], row]));
      expect([...byName.keys()].sort()).toEqual(['idle', 'main']);
      expect(milli(byName.get('main')?.[2])).toBeGreaterThan(milli(byName.get('idle')?.[2]));
      expect([...(await top('top pods -l role=burner --no-headers')).keys()]).toEqual(['burner']);
      expect([...(await top('top pods --field-selector=metadata.name=still --no-headers')).keys()]).toEqual(['still']);
      expect((await desk().try('top pod done')).stderr).toBe(
        `Error from server (NotFound): podmetrics.metrics.k8s.io "${desk().namespace}/done" not found\n`,
      );
      expect((await desk().try('top pod absent')).stderr).toBe(
        'Error from server (NotFound): pods "absent" not found\n',
      );
    });

    test('nodes', async () => {
      const table = rows(await desk().run('top nodes'));
      expect(table[0]?.slice(0, 2)).toEqual(['NAME', 'CPU(cores)']);
      const n1 = table.find(([name]) => name === 'n1');
      expect(milli(n1?.[1])).toBeGreaterThan(100);
      expect(n1?.[2]).toMatch(/^\d+%$/);
      expect(mebibytes(n1?.[3])).toBeGreaterThan(100);
      expect(n1?.[4]).toMatch(/^\d+%$/);
      expect(await desk().run('top node n1 --no-headers')).toMatch(/^n1 +\d+m +\d+% +\d+Mi +\d+% *\n$/);
      expect((await desk().try('top node absent')).stderr).toContain('(NotFound): nodes "absent" not found');
    });

    test('what other kubectls show is the same', async () => {
      for (const other of others()) {
        expect(rows(await other.run('top pods --no-headers')).map(([name]) => name)).toEqual(['burner', 'still']);
        expect(await other.run('top node n1 --no-headers')).toMatch(/^n1 +\d+m +\d+%/);
      }
    });

    test('readings say over which time they were taken, in whole and as a table', async () => {
      const one: PodMetrics = JSON.parse(
        await desk().run(`get --raw ${METRICS}/namespaces/${desk().namespace}/pods/burner`),
      );
      expect(one.metadata?.labels).toEqual({ role: 'burner' });
      expect(one.window).toMatch(/^\d+(\.\d+)?s$/);
      expect(Date.parse(one.timestamp ?? '')).toBeGreaterThan(
        Date.parse(one.metadata?.creationTimestamp ?? '') - 60_000,
      );
      expect(one.containers?.map(({ name }) => name).sort()).toEqual(['idle', 'main']);
      const node: NodeMetrics = JSON.parse(await desk().run(`get --raw ${METRICS}/nodes/n1`));
      expect(node.usage).toEqual({
        cpu: expect.stringMatching(/^\d+[num]?$/),
        memory: expect.stringMatching(/^\d+[KMG]i$/),
      });
      const table = rows(await desk().run('get pods.v1beta1.metrics.k8s.io'));
      expect(table[0]).toEqual(['NAME', 'CPU', 'MEMORY', 'WINDOW']);
      expect(table.slice(1).map(([name]) => name)).toEqual(['burner', 'still']);
    });

    test('what is gone is measured no more', async () => {
      await desk().run('delete pod burner --now --wait=true --timeout=30s');
      expect([...(await top('top pods --no-headers')).keys()]).toEqual(['still']);
      await desk().run('delete pods --all --now --wait=true --timeout=30s');
    });
  });
}
