import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { AGENTS_SERVER_NAME, ENROL_PATH, type EnrolRequest, type EnrolResponse } from '../../proto/enrolment.ts';
import { MasterRefused, MasterUnreachable } from '../transport.ts';

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 256 * 1024;

interface Enrolling {
  readonly masterUrl: string;
  readonly joinToken: string;
  /** The authority that the token pins. */
  readonly caPem: string;
  readonly signal: AbortSignal;
}

/** Asks the master for a certificate. Rejects with `MasterUnreachable` or `MasterRefused`. */
export async function requestCertificate(enrolling: Enrolling, body: EnrolRequest): Promise<EnrolResponse> {
  const { masterUrl } = enrolling;
  const answer = await post(enrolling, JSON.stringify(body)).catch((cause: Error) => {
    if (enrolling.signal.aborted) throw enrolling.signal.reason;
    throw new MasterUnreachable(`cannot ask the master at ${masterUrl} for a certificate: ${cause.message}`, { cause });
  });
  const value = parsed(answer.text);
  if (answer.code === 200 && typeof value.certPem === 'string' && typeof value.caPem === 'string') {
    return { certPem: value.certPem, caPem: value.caPem };
  }
  const said = typeof value.message === 'string' ? value.message : answer.text.slice(0, 200);
  const text = `the master at ${masterUrl} gave no certificate for ${body.nodeName} (HTTP ${answer.code}): ${said}`;
  if (answer.code >= 500 || answer.code === 429) throw new MasterUnreachable(text);
  throw new MasterRefused(answer.code === 401 ? `${text}; copy a new token from the master's join-token file` : text);
}

function post(
  { masterUrl, joinToken, caPem, signal }: Enrolling,
  body: string,
): Promise<{ code: number; text: string }> {
  const { hostname, port } = new URL(masterUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const call = request({
      method: 'POST',
      host,
      port: Number(port || 443),
      path: ENROL_PATH,
      headers: {
        authorization: `Bearer ${joinToken}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      ca: caPem,
      ...(isIP(host) ? {} : { servername: host }),
      // The authority certifies agents as servers too; only the master carries this name, whatever address leads to it.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(AGENTS_SERVER_NAME, certificate),
      agent: false,
      timeout: TIMEOUT_MS,
      signal,
    });
    call.once('error', reject);
    call.once('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    call.once('response', (response) => {
      textOf(response).then((text) => resolve({ code: response.statusCode ?? 0, text }), reject);
    });
    call.end(body);
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
