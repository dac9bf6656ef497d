import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import {
  type Authority,
  ensureCertificate,
  formatJoinToken,
  type KeyPair,
  kubeconfig,
  newJoinSecret,
  openAuthority,
} from '../platform/pki.ts';
import { AGENTS_SERVER_NAME, MASTER_GROUP } from '../proto/enrolment.ts';

const SERVER_DAYS = 365;
const ADMIN_DAYS = 365;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

const PEER = {
  commonName: 'system:stowage:master',
  organizations: [MASTER_GROUP],
  usages: ['client' as const],
  validDays: SERVER_DAYS,
};

/** Where a master listens, and where others reach it if that is elsewhere. */
export interface Addresses {
  readonly bindAddress: string;
  readonly advertiseAddress?: string;
  /** Of the service by which pods reach the masters. */
  readonly serviceAddress?: string;
}

/** What a master proves itself with, and what it gives its first administrator and its agents. */
export interface Credentials {
  readonly authority: Authority;
  readonly server: KeyPair;
  readonly admin: KeyPair;
  /** By which other masters of the cell know this one. */
  readonly peer: KeyPair;
  /** What an agent needs to join; also in `<dataDir>/join-token`. */
  readonly joinToken: string;
}

/** Opens the cell's credentials in `<dataDir>`, making on the first start what is not there yet. */
export async function openCredentials(dataDir: string, addresses: Addresses, clock: Clock): Promise<Credentials> {
  const directory = join(dataDir, 'pki');
  await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  const authority = await openAuthority(directory, clock);
  const server = await ensureCertificate(authority, directory, 'server', serverCertificate(addresses), clock);
  const administrator = {
    commonName: 'stowage-admin',
    organizations: ['system:masters'],
    usages: ['client' as const],
    validDays: ADMIN_DAYS,
  };
  const admin = await ensureCertificate(authority, directory, 'admin', administrator, clock);
  const peer = await ensureCertificate(authority, directory, 'peer', PEER, clock);
  return { authority, server, admin, peer, joinToken: await ensureJoinToken(dataDir, authority) };
}

/** The administrator's kubeconfig for a master at `url`. */
export function adminKubeconfig({ authority, admin }: Credentials, url: string, cellId: string): string {
  const cluster = `stowage-${cellId}`;
  return kubeconfig({ server: url, caPem: authority.certPem, certPem: admin.certPem, keyPem: admin.keyPem, cluster });
}

export async function writePrivately(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: OWNER_ONLY });
}

function serverCertificate({ bindAddress, advertiseAddress, serviceAddress }: Addresses) {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  const anywhere = bindAddress === '0.0.0.0' || bindAddress === '::';
  return {
    commonName: 'stowage-master',
    organizations: [],
    usages: ['server' as const],
    dnsNames: [
      AGENTS_SERVER_NAME,
      'localhost',
      hostname(),
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ],
    // Link-local addresses carry a zone that means nothing to others.
    ipAddresses: [
      ...new Set(['127.0.0.1', '::1', ...addresses.filter((address) => !address.startsWith('fe80'))]),
    ].concat(
      [...new Set([...(anywhere ? [] : [bindAddress]), advertiseAddress ?? [], serviceAddress ?? []].flat())].filter(
        (each) => !addresses.includes(each) && each !== '127.0.0.1',
      ),
    ),
    validDays: SERVER_DAYS,
  };
}

/** Whoever has it may join a machine for as long as the cell lives. Kept in `<dataDir>/join-token`. */
export async function ensureJoinToken(dataDir: string, authority: Authority): Promise<string> {
  const file = join(dataDir, 'join-token');
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (known) return known.trim();
  const token = formatJoinToken({ fingerprint: authority.fingerprint, secret: newJoinSecret() });
  await writePrivately(file, `${token}\n`);
  return token;
}
