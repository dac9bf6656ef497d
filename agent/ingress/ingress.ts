import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import type { NetworkChange, NetworkState } from '../network/state.ts';
import { Worker } from '../network/worker.ts';
import { certificatesOf } from './certificates.ts';
import { HaProxy } from './haproxy.ts';
import { METRICS_SOCKET, type ProxyFiles, type ProxyPlace, proxyFiles, serverCommands } from './haproxy-config.ts';
import { endpointsOf, type Routes, routesOf } from './routes.ts';
import { assignSlots, type Slots } from './slots.ts';

/** Where the machine serves ingresses. */
export interface IngressOptions {
  /** Default: all of the machine. */
  readonly address: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

export interface IngressParts {
  readonly options: IngressOptions;
  readonly dataDir: string;
  readonly state: NetworkState;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** Changes of one rolling update come in a row. */
const GATHER_MS = 20;
const PROXY_USER = 'haproxy';

export const ingressDirectory = (dataDir: string): string => join(dataDir, 'ingress');

/**
 * Serves the cell's ingresses at this machine, as far as the master lets it, through a HAProxy. Changes of endpoints are told to the
 * running process; all others make it begin anew, without a connection lost. Owns what it was told last.
 */
export class IngressServer {
  readonly #parts: IngressParts;
  readonly #proxy: HaProxy;
  readonly #worker: Worker;
  #running: ProxyFiles | undefined;
  #services: ReadonlySet<string> = new Set();
  #lastBad = '';
  #unwatch: () => void = () => {};

  constructor(parts: IngressParts) {
    this.#parts = parts;
    this.#proxy = new HaProxy(ingressDirectory(parts.dataDir), parts.clock);
    this.#worker = new Worker({
      ...parts,
      gatherMs: GATHER_MS,
      work: () => this.#sync(),
      failed: (err) => parts.log.warn({ err }, 'could not serve ingresses as they are now; trying again'),
    });
  }

  start(): void {
    this.#worker.ask();
  }

  changed({ all, ingresses, services }: Pick<NetworkChange, 'all' | 'ingresses' | 'services'>): void {
    if (all || ingresses || [...services].some((key) => this.#services.has(key))) this.#worker.ask();
  }

  /** The proxy goes on. */
  async stop(): Promise<void> {
    await this.#worker.stop();
    this.#unwatch();
  }

  /** What the proxy says of itself, for Prometheus. */
  metrics(): Promise<string> {
    const socketPath = join(ingressDirectory(this.#parts.dataDir), METRICS_SOCKET);
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath, path: '/metrics' }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => (text += part));
        answer.on('end', () => resolve(text));
      });
      asked.on('error', reject).end();
    });
  }

  async #sync(): Promise<void> {
    const wanted = await this.#wanted();
    try {
      if (this.#running?.shape === wanted.shape)
        await this.#proxy.tell(serverCommands(this.#running.slots, wanted.slots));
      else await this.#begin(wanted);
      this.#running = wanted;
    } catch (error) {
      // What it runs with is not known any more.
      this.#running = undefined;
      throw error;
    }
  }

  async #begin(wanted: ProxyFiles): Promise<void> {
    // The old process is to end with its connections.
    this.#unwatch();
    await this.#proxy.begin(wanted);
    this.#unwatch = this.#proxy.watch(() => {
      this.#running = undefined;
      this.#worker.ask();
    });
  }

  async #wanted(): Promise<ProxyFiles> {
    const { state } = this.#parts;
    const ingresses = [...state.ingresses.values()];
    const routes = routesOf(ingresses);
    const { shown, bad } = certificatesOf(ingresses, (key) => state.certificates.get(key));
    this.#complain(bad);
    this.#services = new Set([...routes.backends.values()].map(({ namespace, service }) => `${namespace}/${service}`));
    return proxyFiles(await this.#place(), routes, shown, this.#slots(routes));
  }

  #slots({ backends }: Routes): Map<string, Slots> {
    const { state } = this.#parts;
    return new Map(
      [...backends].map(([name, backend]) => {
        const key = `${backend.namespace}/${backend.service}`;
        const ends = endpointsOf(backend, state.services.get(key), state.slicesOf(key));
        return [name, assignSlots(this.#running?.slots.get(name) ?? [], ends)];
      }),
    );
  }

  async #place(): Promise<ProxyPlace> {
    const { options, dataDir } = this.#parts;
    const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
    const user = users.split('\n').some((line) => line.startsWith(`${PROXY_USER}:`)) ? PROXY_USER : undefined;
    return { ...options, directory: ingressDirectory(dataDir), user };
  }

  #complain(bad: readonly string[]): void {
    const words = bad.join(', ');
    if (words !== this.#lastBad && words)
      this.#parts.log.warn(
        { secrets: bad },
        'ingresses name secrets that are not there, or whose tls.crt and tls.key are no certificate and its key: their hosts have no TLS',
      );
    this.#lastBad = words;
  }
}
