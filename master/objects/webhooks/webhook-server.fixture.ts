import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../../api/meta/json.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openAuthority } from '../../../platform/pki.ts';

/** An AdmissionRequest as a webhook sees it. */
export interface SeenRequest extends JsonObject {
  readonly uid: string;
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every shape.
  readonly object: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly oldObject: any;
}

/** What to answer: a response to put into a review, or something else altogether. */
export type Answering = (
  request: SeenRequest,
  response: ServerResponse,
) => JsonObject | undefined | Promise<JsonObject | undefined>;

/** A real webhook server with TLS on a loopback port, with a certificate of an authority of its own. */
export interface WebhookServer {
  readonly url: string;
  /** Authority of its certificate, in base64, as configurations hold it. */
  readonly caBundle: string;
  readonly port: number;
  /** Every request it got, by path, in order. */
  readonly seen: { path: string; request: SeenRequest; review: JsonObject }[];
  connections: number;
  /** By path. */
  readonly answers: Map<string, Answering>;
  stop(): Promise<void>;
  /** On the same port. */
  restart(): Promise<void>;
}

export async function startWebhookServer(): Promise<WebhookServer> {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-test-webhook-'));
  const authority = await openAuthority(dir, systemClock);
  const { certPem, keyPem } = await authority.issue({
    commonName: 'webhook',
    organizations: [],
    usages: ['server'],
    dnsNames: ['localhost', 'hook.default.svc'],
    ipAddresses: ['127.0.0.1'],
    validDays: 1,
  });
  await rm(dir, { recursive: true, force: true });
  let server: Server | undefined;
  const fixture = {
    url: '',
    caBundle: Buffer.from(authority.certPem).toString('base64'),
    port: 0,
    seen: [] as WebhookServer['seen'],
    connections: 0,
    answers: new Map<string, Answering>(),
    async stop() {
      const ended = server;
      server = undefined;
      ended?.closeAllConnections();
      if (ended) await new Promise((resolve) => ended.close(resolve));
    },
    restart: () => listen(fixture.port),
  };
  const listen = async (port: number) => {
    server = createServer(
      { cert: certPem, key: keyPem },
      (request, response) => void answer(fixture, request, response),
    );
    server.on('secureConnection', () => {
      fixture.connections += 1;
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
  };
  await listen(0);
  fixture.port = (server as unknown as { address(): AddressInfo }).address().port;
  fixture.url = `https://127.0.0.1:${fixture.port}`;
  return fixture;
}

async function answer(fixture: WebhookServer, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonObject;
  const request = review.request as SeenRequest;
  const path = (message.url ?? '').split('?', 1)[0] ?? '';
  fixture.seen.push({ path, request, review });
  const answering = fixture.answers.get(path) ?? (() => ({ allowed: true }));
  const made = await answering(request, response);
  if (!made) return;
  const { apiVersion, kind } = review;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ apiVersion, kind, response: { uid: request.uid, ...made } }));
}

/** The fields of a response that changes an object. */
export const patching = (...operations: JsonObject[]): JsonObject => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
