import type { IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { AGENTS_SERVER_NAME } from '../proto/enrolment.ts';

const DEFAULT_TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 256 * 1024;

/** A request that an agent makes of the master beside its session. */
export interface MasterCall {
  /** `https://HOST:PORT`. */
  readonly masterUrl: string;
  readonly path: string;
  /** Default POST. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: object;
  readonly caPem: string;
  /** Who asks: by a certificate, or by a token. */
  readonly identity?: { readonly certPem: string; readonly keyPem: string };
  readonly token?: string;
  readonly signal?: AbortSignal;
  /** Default 20 s. */
  readonly timeoutMs?: number;
  /** Keeps connections for the next call. Default: this call has one of its own. */
  readonly connections?: Agent;
}

export interface MasterAnswer {
  readonly code: number;
  readonly text: string;
  /** The body; empty when it is not an object in JSON. */
  readonly value: Record<string, unknown>;
}

/** Asks the master as this node; POSTs unless told otherwise. Rejects when it cannot be reached. */
export type AskMaster = (path: string, body?: object, method?: MasterCall['method']) => Promise<MasterAnswer>;

/** Sends JSON. Rejects when the master cannot be reached, is another one, or does not answer in time. */
export function callMaster(call: MasterCall): Promise<MasterAnswer> {
  const { masterUrl, path, method = 'POST', caPem, identity, token, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = call;
  const { hostname, port } = new URL(masterUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  const body = call.body ? JSON.stringify(call.body) : '';
  return new Promise((resolve, reject) => {
    const sent = request({
      method,
      host,
      port: Number(port || 443),
      path,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      ca: caPem,
      ...(identity && { cert: identity.certPem, key: identity.keyPem }),
      ...(isIP(host) ? {} : { servername: host }),
      // The authority certifies agents as servers too; only the master carries this name, whatever address leads to it.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(AGENTS_SERVER_NAME, certificate),
      agent: call.connections ?? false,
      timeout: timeoutMs,
      signal,
    });
    sent.once('error', reject);
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.once('response', (response) => {
      const answered = (text: string) => resolve({ code: response.statusCode ?? 0, text, value: parsed(text) });
      textOf(response).then(answered, reject);
    });
    sent.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
