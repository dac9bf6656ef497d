import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { systemClock } from '../platform/clock.ts';
import { openAuthority } from '../platform/pki.ts';
import { endProcess, findEtcd, freePorts, untilStopped } from './etcd.ts';
import { eventually } from './eventually.ts';

const USER = 'stowage';
const PASSWORD = 'a-password';

/** One member: a process with data of its own. */
export interface EtcdMember {
  readonly endpoint: string;
  isLeader(): Promise<boolean>;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(): Promise<void>;
  resume(): void;
}

/** A cluster of real etcd servers that speak TLS alone, know their clients by certificate, and ask for a user and a password. */
export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly directory: string;
  /** All that a master needs to be let in, but the user. */
  readonly flags: readonly string[];
  /** With the user too. */
  readonly flagsWithUser: readonly string[];
  stop(): Promise<void>;
}

interface Ports {
  readonly client: number;
  readonly peer: number;
  readonly health: number;
}

export async function startEtcdCluster(size = 3): Promise<EtcdCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-test-etcd-'));
  await makeCertificates(directory);
  const free = await freePorts(size * 3);
  const ports = Array.from({ length: size }, (_, i) => {
    const [client, peer, health] = free.slice(i * 3, i * 3 + 3) as [number, number, number];
    return { client, peer, health };
  });
  const members = ports.map((_, index) => memberOf(directory, ports, index));
  const endpoints = members.map(({ endpoint }) => endpoint);
  const file = (name: string) => join(directory, name);
  const flags = [
    ...['--etcd-endpoints', endpoints.join(',')],
    ...['--etcd-cafile', file('ca.crt'), '--etcd-certfile', file('client.crt'), '--etcd-keyfile', file('client.key')],
  ];
  const stop = async () => {
    for (const member of members) await member.kill();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.all(members.map((member) => member.start()));
    await askForUsers(directory, endpoints);
  } catch (error) {
    await stop();
    throw error;
  }
  return { members, directory, flags, flagsWithUser: [...flags, '--etcd-userfile', file('user')], stop };
}

async function makeCertificates(directory: string): Promise<void> {
  const authority = await openAuthority(directory, systemClock);
  const about = { organizations: [], validDays: 1 };
  const server = await authority.issue({
    ...about,
    commonName: 'etcd',
    usages: ['server', 'client'],
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  // Its common name is no user of etcd: with authentication on, a certificate alone opens nothing.
  const client = await authority.issue({ ...about, commonName: 'a-master', usages: ['client'] });
  const files = { server, client };
  for (const [name, { certPem, keyPem }] of Object.entries(files)) {
    await writeFile(join(directory, `${name}.crt`), certPem);
    await writeFile(join(directory, `${name}.key`), keyPem, { mode: 0o600 });
  }
  await writeFile(join(directory, 'user'), `${USER}:${PASSWORD}\n`, { mode: 0o600 });
}

function memberOf(directory: string, all: readonly Ports[], index: number): EtcdMember {
  const { client, peer, health } = all[index]!;
  const url = (port: number) => `https://127.0.0.1:${port}`;
  const file = (name: string) => join(directory, name);
  const args = [
    ...['--name', `m${index}`, '--data-dir', file(`m${index}`), '--log-level', 'error'],
    ...['--listen-client-urls', url(client), '--advertise-client-urls', url(client)],
    ...['--listen-peer-urls', url(peer), '--initial-advertise-peer-urls', url(peer)],
    ...['--initial-cluster', all.map((each, i) => `m${i}=${url(each.peer)}`).join(',')],
    ...['--listen-metrics-urls', `http://127.0.0.1:${health}`],
    ...['--cert-file', file('server.crt'), '--key-file', file('server.key')],
    ...['--client-cert-auth', '--trusted-ca-file', file('ca.crt')],
    ...['--peer-cert-file', file('server.crt'), '--peer-key-file', file('server.key')],
    ...['--peer-client-cert-auth', '--peer-trusted-ca-file', file('ca.crt')],
  ];
  let child: ChildProcess | undefined;
  return {
    endpoint: url(client),
    async isLeader() {
      const metrics = await fetch(`http://127.0.0.1:${health}/metrics`);
      return /^etcd_server_is_leader 1$/m.test(await metrics.text());
    },
    async start() {
      child = spawn(findEtcd(), args, { stdio: 'ignore' });
      await eventually(`etcd member ${index} to serve`, () => isHealthy(health), 20_000);
    },
    async kill() {
      const ended = child;
      child = undefined;
      if (ended) await endProcess(ended, 'SIGKILL');
    },
    async pause() {
      if (!child?.kill('SIGSTOP')) throw new Error('there is no etcd to pause');
      await untilStopped(child.pid!);
    },
    resume: () => void child?.kill('SIGCONT'),
  };
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1_000) });
    return response.ok && (await response.text()).includes('true');
  } catch {
    return false;
  }
}

/** From now on only users with a password are let in. The cell's may touch its own keys alone. */
async function askForUsers(directory: string, hosts: string[]): Promise<void> {
  const read = (name: string) => readFile(join(directory, name));
  const etcd = new Etcd3({
    hosts,
    credentials: {
      rootCertificate: await read('ca.crt'),
      privateKey: await read('client.key'),
      certChain: await read('client.crt'),
    },
  });
  try {
    for (const name of ['root', USER]) await etcd.auth.userAdd({ name, password: PASSWORD });
    for (const name of ['root', USER]) await etcd.auth.roleAdd({ name });
    for (const name of ['root', USER]) await etcd.auth.userGrantRole({ user: name, role: name });
    // Everything of the prefix /stowage, and the key beside it by which watches are moved on.
    const [key, rangeEnd] = [Buffer.from('/stowage.'), Buffer.from('/stowage0')];
    await etcd.auth.roleGrantPermission({ name: USER, perm: { permType: 'Readwrite', key, range_end: rangeEnd } });
    await etcd.auth.authEnable();
  } finally {
    etcd.close();
  }
}
