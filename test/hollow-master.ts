import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Pod } from '../api/core/pod.ts';
import { ApiClient } from '../client/client.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { watch } from '../client/watching.ts';
import { freePort } from './cell.ts';
import { eventually } from './eventually.ts';
import { Program } from './program.ts';

const TOKEN = 'the-schedulers-token';
const NAMESPACE = '/api/v1/namespaces/default';

/**
 * A master that only serves the API, with nodes that are nothing but objects: controllers, scheduler and agents are somebody else's. A
 * user with a token, `system:kube-scheduler`, has what Kubernetes gives its scheduler.
 *
 * Owns: the master's process, the schedulers', and a directory.
 */
export class HollowMaster {
  readonly directory: string;
  readonly #port: number;
  readonly #store: readonly string[];
  #master: Program | undefined;
  #client: ApiClient | undefined;
  readonly #schedulers: Program[] = [];
  /** Every node that a pod was ever seen on, by pod. */
  readonly placesOf = new Map<string, Set<string>>();
  readonly #stopping = new AbortController();

  private constructor(directory: string, port: number, store: readonly string[]) {
    this.directory = directory;
    this.#port = port;
    this.#store = store;
  }

  static async create(store: readonly string[] = []): Promise<HollowMaster> {
    const directory = await mkdtemp(join(tmpdir(), 'stowage-hollow-'));
    await writeFile(join(directory, 'tokens.csv'), `${TOKEN},system:kube-scheduler,1\n`, { mode: 0o600 });
    return new HollowMaster(directory, await freePort(), store);
  }

  /** Of the master, while it runs. */
  get pid(): number | undefined {
    return this.#master?.child.pid;
  }

  get client(): ApiClient {
    this.#client ??= new ApiClient(readKubeconfig(join(this.directory, 'master', 'kubeconfig')), { maxSockets: 32 });
    return this.#client;
  }

  async startMaster(flags = ['--controllers', 'none', '--no-scheduler', '--no-agents']): Promise<void> {
    this.#master = Program.stowctl(
      ...['master', '--data-dir', join(this.directory, 'master'), '--port', String(this.#port)],
      ...[
        '--bind-address',
        '127.0.0.1',
        '--token-auth-file',
        join(this.directory, 'tokens.csv'),
        '--log-level',
        'warn',
      ],
      ...this.#store,
      ...flags,
    );
    await this.#master.saysLine(/^ready$/);
  }

  async stopMaster(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    await this.#master?.end();
    this.#master = undefined;
  }

  /** As the token's user. */
  async schedulerKubeconfig(): Promise<string> {
    const config = parse(await readFile(join(this.directory, 'master', 'kubeconfig'), 'utf8'));
    config.users[0].user = { token: TOKEN };
    const file = join(this.directory, 'scheduler.kubeconfig');
    await writeFile(file, stringify(config), { mode: 0o600 });
    return file;
  }

  async startScheduler(...flags: string[]): Promise<Program> {
    const kubeconfig = await this.schedulerKubeconfig();
    const program = Program.stowctl('scheduler', '--kubeconfig', kubeconfig, ...flags);
    this.#schedulers.push(program);
    await program.saysLine(/^ready$/);
    return program;
  }

  async addNodes(count: number, { cpu = '4', pods = '110', prefix = 'hollow' } = {}): Promise<void> {
    const room = { cpu, memory: '16Gi', pods };
    const status = { capacity: room, allocatable: room, conditions: [{ type: 'Ready', status: 'True' }] };
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    const make = (name: string) => ({ metadata: { name, labels: { 'kubernetes.io/hostname': name } }, status });
    await Promise.all(names.map((name) => this.client.json('POST', '/api/v1/nodes', { body: make(name) })));
    const account = { metadata: { name: 'default' } };
    await this.client.json('POST', `${NAMESPACE}/serviceaccounts`, { body: account }).catch(() => undefined);
  }

  async addPods(prefix: string, count: number, spec: object = {}, cpu = '100m'): Promise<void> {
    const containers = [{ name: 'main', image: 'none', resources: { requests: { cpu } } }];
    const body = (name: string) => ({ metadata: { name, labels: { app: prefix } }, spec: { containers, ...spec } });
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    await Promise.all(names.map((name) => this.client.json('POST', `${NAMESPACE}/pods`, { body: body(name) })));
  }

  async pods(prefix?: string): Promise<Pod[]> {
    const query = { labelSelector: prefix && `app=${prefix}` };
    return (await this.client.get<{ items: Pod[] }>(`${NAMESPACE}/pods`, { query })).items;
  }

  allBound(prefix: string, count: number, deadlineMs?: number): Promise<Pod[]> {
    const probe = async () => {
      const bound = (await this.pods(prefix)).filter(({ spec }) => spec?.nodeName);
      if (bound.length !== count) throw new Error(`${bound.length} of ${count} are bound`);
      return bound;
    };
    return eventually(`pods ${prefix} to be bound`, probe, deadlineMs).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.#schedulers.map(({ output }) => output.slice(-2000)).join('\n---\n')}`);
    });
  }

  /** From now on `placesOf` is kept. */
  follow(): void {
    const note = ({ metadata, spec }: Pod) => {
      if (!spec?.nodeName) return;
      const places = this.placesOf.get(metadata?.uid ?? '') ?? new Set();
      this.placesOf.set(metadata?.uid ?? '', places.add(spec.nodeName));
    };
    const read = async () => {
      const query = { resourceVersion: '0' };
      for await (const { object } of watch<Pod>(this.client, `${NAMESPACE}/pods`, {
        query,
        signal: this.#stopping.signal,
      }))
        note(object);
    };
    void read().catch(() => undefined);
  }

  async destroy(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    await Promise.all(this.#schedulers.map((scheduler) => scheduler.end()));
    await this.stopMaster();
    await rm(this.directory, { recursive: true, force: true });
  }
}
