import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import { freePort, TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { Program } from '../program.ts';
import { prometheusAccount } from './discovery/account.ts';
import { pod } from './kubectl/manifests.ts';

const CONFIG = new URL('../../deploy/prometheus.yml', import.meta.url);
const BY_TOKEN = 'by-token';
const BURNER = '{namespace="metered",pod="burner",container="main"}';

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

describe('a real Prometheus', () => {
  let cell: TestCell;
  let prometheus: Program | undefined;
  let url = '';

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
    await cell.kubectl.run(['create', 'namespace', 'metered']);
    await cell.kubectl.run(['apply', '-n', 'metered', '-f', '-'], JSON.stringify(pod('burner', 'while :; do :; done')));
    const script = 'if [ -e /state/x ]; then sleep 1000; fi; echo >/state/x; exit 1';
    const spec = { restartPolicy: 'OnFailure', volumes: [{ name: 'state', emptyDir: {} }] };
    const container = { volumeMounts: [{ name: 'state', mountPath: '/state' }] };
    await cell.kubectl.run(
      ['apply', '-n', 'metered', '-f', '-'],
      JSON.stringify(pod('again', script, { spec, container })),
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const config = join(cell.directory, 'prometheus.yml');
    await writeFile(config, (await configFor(cell)) + (await jobByToken(cell)));
    prometheus = new Program(inject('prometheus'), [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(cell.directory, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    await eventually('Prometheus to serve', async () => (await fetch(`${url}/-/ready`)).ok);
  });

  afterAll(async () => {
    await prometheus?.end();
    await cell?.destroy();
  });

  const ask = async (query: string): Promise<Sample[]> => {
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data, error } = (await response.json()) as { data?: { result: Sample[] }; error?: string };
    if (!data) throw new Error(`${query}: ${error}`);
    return data.result;
  };
  /** The samples of a query, once there are any. */
  const answered = (query: string) =>
    eventually(`samples of ${query}`, async () => {
      const result = await ask(query);
      return result.length > 0 && result;
    });
  const numbers = (samples: Sample[]) => samples.map(({ value }) => Number(value[1]));

  test('scrapes master and agent with the configuration the project ships', async () => {
    await answered('up{job="stowage-master"} == 1');
    await answered('up{job="stowage-agent"} == 1');
    const targets = (await (await fetch(`${url}/api/v1/targets`)).json()) as {
      data: { activeTargets: { lastError: string; scrapePool: string }[] };
    };
    const shipped = targets.data.activeTargets.filter(({ scrapePool }) => scrapePool !== BY_TOKEN);
    expect(shipped.map(({ lastError }) => lastError)).toEqual(['', '']);
  });

  test('scrapes both with the token of an account that may', async () => {
    await answered(`sum(up{job="${BY_TOKEN}"}) == 2`);
  });

  test("a container's CPU by namespace, pod and container", async () => {
    const [sample, ...others] = await answered(`rate(container_cpu_usage_seconds_total${BURNER}[10s]) > 0.01`);
    expect(others).toEqual([]);
    expect(sample!.metric).toMatchObject({ namespace: 'metered', pod: 'burner', container: 'main' });
    // It has one thread.
    expect(Number(sample!.value[1])).toBeLessThan(1.2);
  });

  test('memory, network, start and restarts', async () => {
    const [memory] = numbers(await answered(`container_memory_working_set_bytes${BURNER} > 0`));
    expect(memory).toBeGreaterThan(50_000);
    expect(memory).toBeLessThan(64 << 20);
    const [network] = await answered('container_network_receive_bytes_total{namespace="metered",pod="burner"}');
    expect(network!.metric.interface).toBe('eth0');
    expect(await answered('container_network_transmit_bytes_total{namespace="metered",pod="burner"}')).toHaveLength(1);
    const [age] = numbers(await answered(`time() - container_start_time_seconds${BURNER}`));
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(300);
    await answered('kube_pod_container_status_restarts_total{namespace="metered",pod="again",container="main"} == 1');
  });

  test('the master: requests, scheduling, pods by phase, its own process', async () => {
    const posted = 'apiserver_request_duration_seconds_count{verb="POST",resource="pods",code="201"}';
    expect(numbers(await answered(posted))).toEqual([2]);
    await answered('histogram_quantile(0.99, sum by (le) (apiserver_request_duration_seconds_bucket)) > 0');
    expect(numbers(await answered('scheduler_pod_scheduling_duration_seconds_count >= 2'))).toEqual([2]);
    expect(numbers(await answered('stowage_pods{phase="Running"} == 2'))).toEqual([2]);
    expect(numbers(await answered('stowage_pods{phase="Pending"}'))).toEqual([0]);
    for (const job of ['stowage-master', 'stowage-agent']) {
      await answered(`rate(process_cpu_seconds_total{job="${job}"}[10s]) > 0`);
      const [resident] = numbers(await answered(`process_resident_memory_bytes{job="${job}"}`));
      expect(resident).toBeGreaterThan(20e6);
      expect(resident).toBeLessThan(600e6);
    }
  });

  test('what has gone is counted no more', async () => {
    await cell.kubectl.run(['delete', 'pods', '--all', '-n', 'metered', '--now']);
    await answered('stowage_pods{phase="Running"} == 0');
    await eventually(
      'its series to end',
      async () => (await ask(`container_cpu_usage_seconds_total${BURNER}`)).length === 0,
    );
  });
});

async function agentPortOf(cell: TestCell): Promise<number | undefined> {
  const node = await cell.kubectl.json<Node>(['get', 'node', 'n1']);
  return node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
}

/** The same targets with the token of Prometheus' account instead of a certificate; only whether it can is of interest. */
async function jobByToken(cell: TestCell): Promise<string> {
  const { directory } = await prometheusAccount(cell);
  return `
  - job_name: ${BY_TOKEN}
    scheme: https
    authorization: { credentials_file: ${directory}/token }
    tls_config: { ca_file: ${directory}/ca.crt }
    static_configs:
      - targets: ['127.0.0.1:${cell.port}', '127.0.0.1:${await agentPortOf(cell)}']
    metric_relabel_configs:
      - { source_labels: [__name__], regex: .+, action: drop }
`;
}

/** The shipped file with this cell's directory and ports, and more often. */
async function configFor(cell: TestCell): Promise<string> {
  const agentPort = await agentPortOf(cell);
  const shipped = await readFile(CONFIG, 'utf8');
  const config = shipped
    .replaceAll('/var/lib/stowage', cell.masterDir)
    .replace('127.0.0.1:6443', `127.0.0.1:${cell.port}`)
    .replace('127.0.0.1:10250', `127.0.0.1:${agentPort}`)
    .replace('scrape_interval: 15s', 'scrape_interval: 1s');
  for (const standard of ['/var/lib', ':6443', ':10250', '15s']) {
    const left = config.split('\n').find((line) => !line.startsWith('#') && line.includes(standard));
    if (left) throw new Error(`the shipped configuration has ${standard} in an unexpected place: ${left}`);
  }
  return config;
}
