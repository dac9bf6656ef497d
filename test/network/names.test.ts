import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { eventually } from '../eventually.ts';
import { addressesOf, CONTAINER, podOn, who } from './pods.ts';
import { Site } from './site.ts';

let site: Site;
let ips: Map<string, string>;

const service = (name: string, app: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...more },
});

const statefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db' },
  spec: {
    serviceName: 'db',
    replicas: 2,
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [CONTAINER] } },
  },
};

beforeAll(async () => {
  site = await Site.start(['h1', 'h2'], ['--network', 'vxlan', '--log-level', 'warn']);
  for (const manifest of [
    ...[podOn('a1', 'h1', { app: 'web' }), podOn('b1', 'h2', { app: 'web' }), service('web', 'web')],
    ...[statefulSet, service('db', 'db', { clusterIP: 'None' })],
    service('far', 'none', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local', ports: undefined }),
  ]) {
    await site.kubectl.apply(manifest);
  }
  ips = await addressesOf(site, 4);
});

afterAll(async () => {
  for (const { plug, agent } of site?.hosts ?? [])
    if (agent?.stderr) process.stderr.write(`${plug.name}: ${agent.stderr.slice(-3000)}\n`);
  await site?.destroy();
});

/** Who answers at the address of the API's service. */
const HANDSHAKE = `
const socket = require('node:tls').connect({ host: '10.144.0.1', port: 443, rejectUnauthorized: false }, () => {
  console.log(JSON.stringify({ certificate: socket.getPeerCertificate().subjectaltname }));
  socket.destroy();
});`;

/** Addresses of a name, as a machine is told by the name server of its pods. */
async function addresses(host: string, name: string): Promise<string[]> {
  const { plug } = site.host(host);
  const pod = host === 'h1' ? 'a1' : 'b1';
  const gateway = (ips.get(pod) ?? '').replace(/\.\d+$/, '.1');
  const { stdout } = await site.on(plug, 'busybox', 'nslookup', name, gateway);
  const answer = stdout.slice(Math.max(0, stdout.indexOf('Name:')));
  return [...answer.matchAll(/Address(?: \d)?:\s+([\d.]+)/g)].map(([, address = '']) => address).sort();
}

test.each(['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local', 'far'])(
  'pods of every machine reach a service by %s',
  async (name) => {
    for (const pod of ['a1', 'b1']) {
      await eventually('an answer', async () => /^\S+ (a1|b1)$/.test(await who(site, pod, name)), 20_000);
    }
  },
);

test('pods of a set have names, in the form of Kubernetes and of Borg', async () => {
  for (const index of [0, 1]) {
    const own = [ips.get(`db-${index}`)];
    await eventually(
      `the names of db-${index}`,
      async () => {
        expect(await addresses('h1', `db-${index}.db.default.svc.cluster.local`)).toEqual(own);
        expect(await addresses('h2', `${index}.db.default.${site.cellId}`)).toEqual(own);
        return true;
      },
      20_000,
    );
  }
  expect(await addresses('h2', 'db.default.svc.cluster.local')).toEqual([ips.get('db-0'), ips.get('db-1')].sort());
});

test('pods find the API by its name and by variables, as the one it says it is', async () => {
  const { stdout } = await site.inPod(
    'b1',
    'env; /bin/busybox nc -w 2 kubernetes.default.svc 443 < /dev/null && echo open',
  );
  expect(stdout).toMatch(/^KUBERNETES_SERVICE_HOST=10.144.0.1$/m);
  expect(stdout).toContain('open');
  const { certificate } = JSON.parse((await site.on(site.host('h2').plug, process.execPath, '-e', HANDSHAKE)).stdout);
  expect(certificate).toContain('DNS:kubernetes.default.svc.cluster.local');
  const slice = await site.kubectl.json<EndpointSlice>(['get', 'endpointslice', 'kubernetes']);
  expect(slice.endpoints.flatMap(({ addresses }) => addresses)).toEqual([site.host('h1').plug.address]);
});

test('names are answered while no master does, and after the agent has started anew', async () => {
  const before = await addresses('h1', 'web.default.svc.cluster.local');
  expect(before).toEqual([expect.stringMatching(/^10\.144\./)]);
  await site.master.end('SIGKILL');
  expect(await addresses('h1', 'web.default.svc.cluster.local')).toEqual(before);
  const host = site.host('h1');
  await host.agent.end('SIGKILL');
  await site.startAgent(host, { alone: true });
  const now = () => addresses('h1', 'web.default.svc.cluster.local');
  await eventually('the names to be answered', async () => (await now())[0] === before[0], 30_000);
});
