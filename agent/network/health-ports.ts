import { createServer, type Server } from 'node:http';
import type { Logger } from '../../platform/log.ts';
import type { NetworkService } from '../../proto/network.ts';
import type { NetworkState } from './state.ts';

export interface HealthPortsParts {
  readonly nodeName: string;
  readonly state: Pick<NetworkState, 'services' | 'slicesOf'>;
  readonly log: Logger;
}

/**
 * Tells load balancers whether this machine has endpoints of a service whose traffic policy is Local (Kubernetes docs, "Create an
 * External Load Balancer", `healthCheckNodePort`): 200 with their number, else 503. Owns a listener for each such service.
 */
export class HealthPorts {
  readonly #parts: HealthPortsParts;
  readonly #listeners = new Map<string, { readonly port: number; readonly server: Server }>();

  constructor(parts: HealthPortsParts) {
    this.#parts = parts;
  }

  /** These services may be others now. */
  changed(services: Iterable<string>): void {
    for (const key of services) this.#sync(key, this.#parts.state.services.get(key)?.healthPort);
  }

  allChanged(): void {
    this.changed(new Set([...this.#listeners.keys(), ...this.#parts.state.services.keys()]));
  }

  stop(): void {
    for (const { server } of this.#listeners.values()) server.close();
    this.#listeners.clear();
  }

  #sync(key: string, port: number | undefined): void {
    const found = this.#listeners.get(key);
    if (found?.port === port) return;
    found?.server.close();
    found?.server.closeAllConnections();
    this.#listeners.delete(key);
    if (port === undefined) return;
    const server = createServer((_request, response) => {
      const service = this.#parts.state.services.get(key);
      const count = service ? this.#localEndpoints(service) : 0;
      response.writeHead(count > 0 ? 200 : 503, { 'content-type': 'application/json' });
      response.end(
        `${JSON.stringify({ service: { namespace: service?.namespace, name: service?.name }, localEndpoints: count })}\n`,
      );
    });
    server.on('error', (err) =>
      this.#parts.log.warn(
        { err, service: key, port },
        'load balancers cannot ask whether this machine has endpoints of a service',
      ),
    );
    server.listen(port);
    this.#listeners.set(key, { port, server });
  }

  #localEndpoints({ namespace, name }: NetworkService): number {
    const ends = this.#parts.state.slicesOf(`${namespace}/${name}`).flatMap(({ endpoints }) => endpoints);
    const here = ends.filter(({ node, state }) => node === this.#parts.nodeName && state === undefined);
    return new Set(here.map(({ address }) => address)).size;
  }
}
