import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import type { ObservedContainer } from '../plan/state.ts';
import { cgroupFiles } from './cgroup.ts';
import { cgroupDetail } from './cgroup-detail.ts';
import type { ContainerSample } from './container-samples.ts';
import { containerFamilies, resourceFamilies } from './containers.ts';
import { expositionText, labelText } from './exposition.ts';
import { metricsPages } from './pages.ts';

/** The same use, as each version of cgroups counts it. */
const DETAIL = {
  cpu: {
    ...{ seconds: 2.5, userSeconds: 1.5, systemSeconds: 1, periods: 10, throttledPeriods: 4 },
    throttledSeconds: 0.25,
  },
  memory: {
    ...{ usageBytes: 1000, workingSetBytes: 700, rssBytes: 500, cacheBytes: 400, mappedFileBytes: 30, swapBytes: 20 },
    ...{ peakBytes: 2000, limitHits: 3, pageFaults: 60, majorPageFaults: 6, oomKills: 1 },
  },
  processes: 2,
  threads: 5,
  disks: [{ device: '/dev/vda', readBytes: 4096, writtenBytes: 8192, reads: 1, writes: 2 }],
};

const V1: Record<string, string> = {
  'proc/7/cgroup': '9:pids:/x\n8:blkio:/x\n5:memory:/x\n3:cpu,cpuacct:/x\n0::/x\n',
  'cpuacct/x/cpuacct.usage': '2500000000\n',
  'cpuacct/x/cpuacct.stat': 'user 150\nsystem 100\n',
  'cpu/x/cpu.stat': 'nr_periods 10\nnr_throttled 4\nthrottled_time 250000000\n',
  'memory/x/memory.usage_in_bytes': '1000\n',
  'memory/x/memory.stat':
    'cache 1\nrss 2\nmapped_file 3\nswap 0\ninactive_file 9\ntotal_cache 400\ntotal_rss 500\ntotal_mapped_file 30\ntotal_swap 20\ntotal_pgfault 60\ntotal_pgmajfault 6\ntotal_inactive_file 300\n',
  'memory/x/memory.max_usage_in_bytes': '2000\n',
  'memory/x/memory.failcnt': '3\n',
  'memory/x/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
  'memory/x/cgroup.procs': '7\n8\n',
  'pids/x/pids.current': '5\n',
  'blkio/x/blkio.throttle.io_service_bytes_recursive': '8:0 Read 4096\n8:0 Write 8192\n8:0 Total 12288\nTotal 12288\n',
  'blkio/x/blkio.throttle.io_serviced_recursive': '8:0 Read 1\n8:0 Write 2\nTotal 3\n',
};
const V2: Record<string, string> = {
  'proc/7/cgroup': '0::/x\n',
  'x/cpu.stat':
    'usage_usec 2500000\nuser_usec 1500000\nsystem_usec 1000000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 250000\n',
  'x/memory.current': '1000\n',
  'x/memory.peak': '2000\n',
  'x/memory.swap.current': '20\n',
  'x/memory.stat': 'anon 500\nfile 400\nfile_mapped 30\ninactive_file 300\npgfault 60\npgmajfault 6\n',
  'x/memory.events': 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n',
  'x/cgroup.procs': '7\n8\n',
  'x/pids.current': '5\n',
  'x/io.stat': '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n',
};

describe('all that the kernel counts', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-test-cgroup-'));
    await mkdir(join(dir, 'sys/dev/block'), { recursive: true });
    await symlink('../../devices/virtual/block/vda', join(dir, 'sys/dev/block/8:0'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const detailOf = async (files: Record<string, string>) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    const found = await cgroupFiles(7, dir, join(dir, 'proc'));
    return found && cgroupDetail(found, join(dir, 'sys'));
  };

  test('of cgroups version 1', async () => {
    expect(await detailOf(V1)).toEqual(DETAIL);
  });

  test('of cgroups version 2', async () => {
    expect(await detailOf(V2)).toEqual(DETAIL);
  });

  test('what a kernel does not count is left out', async () => {
    const { 'x/memory.peak': _, 'x/pids.current': __, 'x/io.stat': ___, ...less } = V2;
    expect(await detailOf(less)).toMatchObject({ threads: undefined, disks: [], memory: { peakBytes: undefined } });
  });

  test('a container that has gone has none', async () => {
    expect(await detailOf({ 'proc/7/cgroup': '0::/x\n' })).toBeUndefined();
  });
});

const container = (more: Partial<ObservedContainer>): ObservedContainer => ({
  ...{ id: 'id1', name: 'main', image: 'app:1', imageId: '', state: 'running', createdAtMs: 0, startedAtMs: 5000 },
  ...{ role: 'app', attempt: 2, crashes: 0, sandboxId: '', sandboxAttempt: 0, specHash: '' },
  ...more,
});
const sample = (more: Partial<ContainerSample>): ContainerSample => ({
  ...{ namespace: 'n', pod: 'p', container: container({}), cgroup: '/x' },
  ...more,
});
const counted = { bytes: 7, packets: 1, errors: 0, dropped: 0 };
const SANDBOX = sample({
  container: container({ role: 'sandbox', name: 'POD', id: 'id0' }),
  detail: DETAIL,
  network: [{ name: 'eth0', received: counted, transmitted: { bytes: 9 } }],
});
const LABELS = '{namespace="n",pod="p",container="main",id="/x",image="app:1",name="id1"}';

describe('metrics of containers', () => {
  test("have cAdvisor's names and labels", () => {
    const limits = { cpuShares: 102, cpuQuotaUs: 50_000, memoryBytes: 4096 };
    const text = expositionText(
      containerFamilies([SANDBOX, sample({ detail: DETAIL, container: container({ limits }) })]),
    );
    for (const line of [
      '# TYPE container_cpu_usage_seconds_total counter',
      `container_cpu_usage_seconds_total${LABELS} 2.5`,
      `container_cpu_cfs_throttled_periods_total${LABELS} 4`,
      `container_memory_working_set_bytes${LABELS} 700`,
      `container_memory_failures_total${LABELS.slice(0, -1)},failure_type="pgmajfault",scope="container"} 6`,
      `container_fs_writes_bytes_total${LABELS.slice(0, -1)},device="/dev/vda"} 8192`,
      `container_threads${LABELS} 5`,
      `container_spec_memory_limit_bytes${LABELS} 4096`,
      `container_start_time_seconds${LABELS} 5`,
      'container_network_transmit_bytes_total{namespace="n",pod="p",id="/x",image="app:1",name="id0",interface="eth0"} 9',
      'kube_pod_container_status_restarts_total{namespace="n",pod="p",container="main"} 2',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('container="POD"');
    expect(text).not.toMatch(/NaN|undefined/);
  });

  test('without the kernel’s files there is what the engine knows', () => {
    const stats = { cpuSeconds: 9, memoryWorkingSetBytes: 90, network: {} };
    const text = expositionText(containerFamilies([sample({ stats, cgroup: undefined })]));
    expect(text).toMatch(/container_cpu_usage_seconds_total\S+ 9\n/);
    expect(text).not.toContain('container_memory_rss');
  });

  test('a container that has ended is told of by its restarts alone', () => {
    const text = expositionText(containerFamilies([sample({ container: container({ state: 'exited' }) })]));
    expect(text.split('\n').filter((line) => line && !line.startsWith('#'))).toEqual([
      'kube_pod_container_status_restarts_total{namespace="n",pod="p",container="main"} 2',
    ]);
  });

  test('resources are told by container and summed by pod', () => {
    const other = sample({ detail: DETAIL, container: container({ name: 'other', id: 'id2' }) });
    const text = expositionText(resourceFamilies([SANDBOX, sample({ detail: DETAIL }), other]));
    expect(text).toContain('container_memory_working_set_bytes{container="other",namespace="n",pod="p"} 700\n');
    expect(text).toContain('pod_cpu_usage_seconds_total{namespace="n",pod="p"} 5\n');
  });

  test('labels are escaped', () => {
    expect(labelText({ a: 'x"y\\z\n' })).toBe('{a="x\\"y\\\\z\\n"}');
  });

  test('pages asked for together are of one reading, and of nothing before the cell is known', async () => {
    const clock = new ManualClock();
    let asked = 0;
    let known = false;
    const runtime = {
      async stats() {
        asked++;
        return undefined;
      },
    };
    const store = {
      *seenPods() {
        yield { uid: 'u', namespace: 'n', name: 'p' };
      },
      of: () => [container({})],
    };
    const pages = metricsPages({
      own: async () => 'own 1\n',
      store: () => (known ? store : undefined),
      runtime,
      machine: () => ({ cpus: 2, memoryBytes: 4096, use: undefined }),
      clock,
    });
    expect(await pages['/metrics']!()).toContain('own 1\n');
    known = true;
    await clock.advance(1_000);
    await Promise.all([pages['/metrics']!(), pages['/metrics/cadvisor']!()]);
    expect(await pages['/metrics/resource']!()).not.toContain('node_cpu');
    expect(asked).toBe(1);
    expect(await pages['/metrics/cadvisor']!()).toContain('machine_cpu_cores 2\n');
    await clock.advance(1_000);
    await pages['/metrics']!();
    expect(asked).toBe(2);
  });
});
