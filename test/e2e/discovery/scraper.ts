import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node } from '../../../api/core/node.ts';
import { freePort, type TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { Program } from '../../program.ts';

const CONFIG = new URL('../../../deploy/prometheus-discovery.yml', import.meta.url);
export const ROLES = ['pod', 'service', 'endpoints', 'endpointslice', 'node', 'ingress'] as const;
export type Role = (typeof ROLES)[number];

export interface Target {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly lastError: string;
  readonly health: string;
  readonly labels: Record<string, string>;
  readonly discoveredLabels: Record<string, string>;
}

export interface Sample {
  readonly metric: Record<string, string>;
  readonly value: readonly [number, string];
}

/**
 * VictoriaMetrics with the configuration that the project ships for Prometheus, and a job per role that is never scraped, just to see
 * what is found. Owns its process; its files are the cell's.
 */
export class Scraper {
  readonly #program: Program;
  readonly #url: string;

  private constructor(program: Program, url: string) {
    this.#program = program;
    this.#url = url;
  }

  /** `account`: a directory with the account's `token` and `ca.crt`. Roles are looked up in one namespace. */
  static async start(path: string, cell: TestCell, account: string, namespace: string): Promise<Scraper> {
    const port = await freePort();
    const config = join(cell.directory, 'discovery.yml');
    const shipped = (await readFile(CONFIG, 'utf8'))
      .replaceAll('/etc/prometheus/stowage', account)
      .replaceAll('127.0.0.1:6443', `127.0.0.1:${cell.port}`)
      .replace('scrape_interval: 15s', 'scrape_interval: 1s');
    await writeFile(config, shipped + ROLES.map((role) => neverScraped(role, cell, account, namespace)).join(''));
    const program = new Program(path, [
      `-promscrape.config=${config}`,
      '-promscrape.kubernetesSDCheckInterval=1s',
      `-storageDataPath=${join(cell.directory, 'victoria')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-search.latencyOffset=0s',
      '-memory.allowedBytes=64MB',
      '-loggerLevel=WARN',
    ]);
    const scraper = new Scraper(program, `http://127.0.0.1:${port}`);
    await eventually('VictoriaMetrics to serve', async () => {
      if (!program.running) throw new Error(`it ended: ${program.output.slice(-2000)}`);
      return (await fetch(`${scraper.#url}/health`)).ok;
    });
    return scraper;
  }

  /** What is to be scraped now, in the job or the role. */
  async targets(job: string): Promise<Target[]> {
    const { data } = await this.#get<{ data: { activeTargets: Target[] } }>('/api/v1/targets?state=active');
    return data.activeTargets.filter(({ labels }) => labels.job === job);
  }

  /** The samples of a query, once there are any. */
  answered(query: string): Promise<Sample[]> {
    return eventually(`samples of ${query}`, async () => {
      const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
      const { data } = await this.#get<{ data: { result: Sample[] } }>(path);
      return data.result.length > 0 && data.result;
    });
  }

  /** What it has complained of. */
  get complaints(): string {
    return this.#program.output;
  }

  end(): Promise<unknown> {
    return this.#program.end();
  }

  async #get<T>(path: string): Promise<T> {
    return (await (await fetch(this.#url + path)).json()) as T;
  }
}

const neverScraped = (role: Role, cell: TestCell, account: string, namespace: string): string => `
  - job_name: ${role}
    scrape_interval: 1h
    kubernetes_sd_configs:
      - role: ${role}
        api_server: https://127.0.0.1:${cell.port}
        authorization: { credentials_file: ${account}/token }
        tls_config: { ca_file: ${account}/ca.crt }
        ${role === 'node' ? '' : `namespaces: { names: [${namespace}] }`}
`;

export async function agentAddress(cell: TestCell): Promise<string> {
  const { status } = await cell.kubectl.json<Node>(['get', 'node', 'n1']);
  const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  return `${address}:${status?.daemonEndpoints?.kubeletEndpoint?.Port}`;
}
