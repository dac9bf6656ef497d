import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../client/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { ApiResource } from './discovery.ts';
import { RESOURCES } from './sample.fixture.ts';
import { createSession, type Session } from './session.ts';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly contentType?: string;
  readonly accept?: string;
  readonly body?: unknown;
}

/** What to answer: a value as JSON (with `code`, default 200), or whatever the function writes. */
export type Answer = { code?: number; body: unknown } | ((response: ServerResponse) => void);

/** An HTTP server that serves discovery, and by `METHOD path` what a test gave it; it answers 404 to everything else. */
export class FakeServer {
  readonly seen: Seen[] = [];
  readonly answers = new Map<string, Answer | Answer[]>();
  out = '';
  err = '';
  stdin = '';
  readonly ending = new AbortController();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  session(clock: Clock, namespace = 'default'): Session {
    const { port } = this.#server.address() as AddressInfo;
    return createSession({
      client: new ApiClient({ server: `http://127.0.0.1:${port}`, namespace }),
      terminal: {
        out: (text) => {
          this.out += text;
        },
        err: (text) => {
          this.err += text;
        },
      },
      clock,
      signal: this.ending.signal,
      readStdin: async () => this.stdin,
    });
  }

  /** The requests, without discovery. */
  get asked(): Seen[] {
    return this.seen.filter(({ path }) => path !== '/api' && path !== '/apis');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://fake');
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const seen: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      contentType: request.headers['content-type'],
      accept: request.headers.accept,
      body: text ? JSON.parse(text) : undefined,
    };
    this.seen.push(seen);
    this.#answer(seen, response);
  }

  #answer({ method, path }: Seen, response: ServerResponse): void {
    if (path === '/api' || path === '/apis') {
      send(response, 200, discoveryOf(path === '/api'));
      return;
    }
    const found = this.answers.get(`${method} ${path}`);
    const answer = Array.isArray(found) ? (found.length > 1 ? found.shift() : found[0]) : found;
    if (!answer) {
      const message = `${path.split('/').at(-2)} "${path.split('/').at(-1)}" not found`;
      send(response, 404, { kind: 'Status', status: 'Failure', reason: 'NotFound', message, code: 404 });
      return;
    }
    if (typeof answer === 'function') answer(response);
    else send(response, answer.code ?? 200, answer.body);
  }
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function discoveryOf(core: boolean): object {
  const groups = new Map<string, ApiResource[]>();
  for (const resource of RESOURCES.filter(({ group }) => (group === '') === core)) {
    groups.set(resource.group, [...(groups.get(resource.group) ?? []), resource]);
  }
  const items = [...groups].map(([group, resources]) => ({
    metadata: { name: group },
    versions: [{ version: 'v1', resources: resources.map(entryOf) }],
  }));
  return { kind: 'APIGroupDiscoveryList', items };
}

const entryOf = (resource: ApiResource) => ({
  resource: resource.plural,
  responseKind: { kind: resource.kind },
  scope: resource.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: resource.singular,
  verbs: resource.verbs,
  shortNames: resource.shortNames,
  categories: resource.categories,
  subresources: resource.subresources.map((subresource) => ({ subresource })),
});
