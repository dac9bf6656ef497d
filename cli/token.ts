import { createHash, X509Certificate } from 'node:crypto';
import type { Lease } from '../api/coordination/lease.ts';
import {
  MASTER_LEASE_LABEL,
  MASTER_LEASE_NAMESPACE,
  type MasterPlace,
  masterIn,
} from '../api/coordination/master-leases.ts';
import { shortDuration } from '../api/meta/age.ts';
import { timestamp } from '../platform/clock.ts';
import { hostAddress } from '../platform/host-address.ts';
import { formatJoinToken, newBootstrapToken } from '../platform/pki.ts';
import { AGENT_BOOTSTRAPPERS } from '../proto/enrolment.ts';
import { alignColumns, TABLE_STYLE } from './columns.ts';
import { parseDuration } from './durations.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import type { CommonFlags, Session } from './session.ts';

/**
 * Tokens with which machines join: bootstrap tokens (Kubernetes docs, "Authenticating with Bootstrap Tokens"), which are Secrets that run
 * out and are removed then.
 */

export interface CreateTokenFlags extends CommonFlags {
  ttl?: string;
  description?: string;
  master?: string;
}

/** A Secret, as much as is read of it. */
interface TokenSecret {
  readonly type?: string;
  readonly metadata?: { readonly name?: string };
  readonly data?: Readonly<Record<string, string>>;
}

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const TYPE = 'bootstrap.kubernetes.io/token';
const NAME_PREFIX = 'bootstrap-token-';
const DEFAULT_TTL = '24h';
/** A master that has said nothing for so long is not named to machines that join. */
const SILENT_MS = 60_000;
const ID = /^[a-z0-9]{6}$/;

const pathOf = (id: string): string => `${SECRETS}/${NAME_PREFIX}${id}`;

/** `stowctl token create`: prints the line that another machine joins with. */
export async function createToken(session: Session, flags: CreateTokenFlags): Promise<void> {
  const { client, clock, terminal, signal } = session;
  const ttlMs = parseDuration(flags.ttl ?? DEFAULT_TTL, '--ttl');
  const fingerprint = authorityOf(session);
  const urls = flags.master ?? (await masterUrls(session)) ?? reachable(client.access.server);
  const { id, secret } = newBootstrapToken();
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${NAME_PREFIX}${id}`, namespace: 'kube-system' },
    type: TYPE,
    stringData: {
      'token-id': id,
      'token-secret': secret,
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': AGENT_BOOTSTRAPPERS,
      ...(flags.description && { description: flags.description }),
      ...(ttlMs > 0 && { expiration: timestamp(clock.now() + ttlMs) }),
    },
  };
  await client.json('POST', SECRETS, { body, signal });
  const token = formatJoinToken({ fingerprint, secret: `${id}.${secret}` });
  terminal.out(`npx stowctl agent --master ${urls} --token ${token}\n`);
}

/** `stowctl token list`: ids, never secrets. */
export async function listTokens({ client, clock, terminal, signal }: Session): Promise<void> {
  const query = { fieldSelector: `type=${TYPE}` };
  const { items = [] } = await client.get<{ items?: TokenSecret[] }>(SECRETS, { query, signal });
  if (items.length === 0) {
    terminal.err('No tokens: `stowctl token create` makes one.\n');
    return;
  }
  const rows = items.map((secret) => [
    field(secret, 'token-id'),
    left(field(secret, 'expiration'), clock.now()),
    field(secret, 'expiration') || '<never>',
    field(secret, 'description') || '<none>',
  ]);
  const lines = alignColumns([['ID', 'LEFT', 'EXPIRES', 'DESCRIPTION'], ...rows], TABLE_STYLE);
  terminal.out(`${lines.join('\n')}\n`);
}

/** `stowctl token delete ID`: who has it can no longer join; who has joined stays. */
export async function deleteTokens({ client, terminal, signal }: Session, given: readonly string[]): Promise<void> {
  // The whole token may be given too: its id is the part before the last dot.
  const ids = given.map((word) => word.split('.').at(-2) ?? word);
  const odd = ids.find((id) => !ID.test(id));
  if (odd !== undefined)
    throw usageFailure(`error: a token's id has six letters and digits, not "${odd}": see \`stowctl token list\``);
  for (const id of ids) {
    await client.json('DELETE', pathOf(id), { signal });
    terminal.out(`token ${id} deleted\n`);
  }
}

const field = ({ data = {} }: TokenSecret, key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();

function left(expiration: string, nowMs: number): string {
  if (expiration === '') return '<forever>';
  const leftMs = Date.parse(expiration) - nowMs;
  return leftMs > 0 ? shortDuration(leftMs) : '<expired>';
}

/** All masters that the cell knows of, separated by commas; undefined where it has one, which need not say so. */
async function masterUrls({ client, clock, signal }: Session): Promise<string | undefined> {
  const query = { labelSelector: Object.entries(MASTER_LEASE_LABEL).flat().join('=') };
  const path = `/apis/coordination.k8s.io/v1/namespaces/${MASTER_LEASE_NAMESPACE}/leases`;
  const { items = [] } = await client.get<{ items?: Lease[] }>(path, { query, signal });
  const places = items.flatMap((lease) => masterIn(lease) ?? []);
  const isThere = ({ seenMs }: MasterPlace) => clock.now() - seenMs < SILENT_MS;
  const urls = places.filter(isThere).map(({ url }) => url);
  return urls.length > 0 ? urls.join(',') : undefined;
}

/** SHA-256 of the authority that the kubeconfig trusts: what the token pins. */
function authorityOf({ client }: Session): string {
  const { ca } = client.access;
  if (!ca) {
    throw new CommandFailure(
      "error: the kubeconfig names no certificate-authority, which a token must pin: use the one in the master's data directory",
    );
  }
  return createHash('sha256').update(new X509Certificate(ca).raw).digest('hex');
}

/** The server as other machines reach it: whoever speaks to it over loopback is on its machine. */
function reachable(server: string): string {
  const url = new URL(server);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) return server;
  const address = hostAddress();
  return address ? `https://${address}:${url.port || 443}` : server;
}
