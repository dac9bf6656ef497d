import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ingress } from '../../api/networking/ingress.ts';
import { eventually } from '../eventually.ts';
import { run } from '../kubectl.ts';
import { addressesOf, CONTAINER, podOn } from './pods.ts';
import { Site } from './site.ts';

let site: Site;

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            ...CONTAINER,
            readinessProbe: { httpGet: { path: '/cgi-bin/who', port: 8080 }, periodSeconds: 1 },
            lifecycle: { preStop: { sleep: { seconds: 2 } } },
          },
        ],
        terminationGracePeriodSeconds: 5,
      },
    },
  },
};
const serviceOf = (name: string) => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name } },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
});
const backend = (name: string) => ({ service: { name, port: { name: 'http' } } });
const ingress = {
  ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'shop' } },
  spec: {
    ingressClassName: 'stowage',
    tls: [{ hosts: ['shop.example'], secretName: 'shop' }],
    rules: [
      {
        host: 'shop.example',
        http: {
          paths: [
            { path: '/cgi-bin', pathType: 'Prefix', backend: backend('web') },
            { path: '/cgi-bin/only', pathType: 'Exact', backend: backend('other') },
          ],
        },
      },
    ],
  },
};

beforeAll(async () => {
  site = await Site.start(['h1', 'h2'], ['--network', 'vxlan', '--log-level', 'warn']);
  const host = site.host('h1');
  await host.agent.end();
  host.flags.push('--ingress', '8080,8443');
  await site.startAgent(host);
  await site.kubectl.apply(web);
  for (const each of [
    serviceOf('web'),
    serviceOf('other'),
    podOn('other', 'h2', { app: 'other' }),
    await certificate(),
  ])
    await site.kubectl.apply(each);
  await addressesOf(site, 4);
}, 180_000);

afterAll(async () => {
  for (const { plug, agent } of site?.hosts ?? [])
    if (agent?.stderr) process.stderr.write(`${plug.name}: ${agent.stderr.slice(-3000)}\n`);
  await site?.destroy();
});

/** A secret with a certificate for `shop.example`. */
async function certificate() {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-tls-'));
  try {
    const [key, crt] = [join(directory, 'key'), join(directory, 'crt')];
    const names = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example'];
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      crt,
      ...names,
    ]);
    const data = { 'tls.crt': await readFile(crt, 'base64'), 'tls.key': await readFile(key, 'base64') };
    return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'shop' }, data };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Status and body. */
async function ask(url: string, host = 'shop.example'): Promise<string> {
  const flags = ['-sk', '-m', '5', '-w', ' %{http_code}', '--resolve', `${host}:8443:${site.host('h1').plug.address}`];
  const { stdout } = await site.on(site.switch.outsider, 'curl', ...flags, '-H', `Host: ${host}`, url);
  return stdout.replace(/\s+/g, ' ').trim();
}
const http = (path: string, host?: string) => ask(`http://${site.host('h1').plug.address}:8080${path}`, host);

test('a node serves nothing, and gets no certificate, before somebody lets it', async () => {
  await site.kubectl.apply(ingress);
  await eventually('the proxy to run', async () => /404$/.test(await http('/cgi-bin/who')), 20_000);
  expect(await readFile(join(site.host('h1').dataDir, 'network.json'), 'utf8')).not.toContain('certificate');
  await site.kubectl.run(['label', 'node', 'h1', 'node-restriction.kubernetes.io/ingress=true']);
  await eventually('an answer', async () => /web-\S+ 200$/.test(await http('/cgi-bin/who')), 20_000);
});

test('hosts and paths lead to their services; TLS has the certificate of the host', async () => {
  expect(await http('/cgi-binary')).toMatch(/404$/);
  expect(await http('/cgi-bin/who', 'else.example')).toMatch(/404$/);
  expect(await http('/cgi-bin/only')).toMatch(/404$/);
  expect(await ask('https://shop.example:8443/cgi-bin/who')).toMatch(/web-\S+ 200$/);
  const flags = ['s_client', '-connect', `${site.host('h1').plug.address}:8443`, '-servername', 'shop.example'];
  const shown = await site.on(site.switch.outsider, 'sh', '-c', `openssl ${flags.join(' ')} < /dev/null`);
  expect(shown.stdout).toContain('CN = shop.example');
  const told = async () => {
    const { status } = await site.kubectl.json<Ingress>(['get', 'ingress', 'shop']);
    return status?.loadBalancer?.ingress?.[0]?.ip === site.host('h1').plug.address;
  };
  await eventually('the address to be told', told, 20_000);
});

test('no request is lost while all pods are replaced, another rule comes, and the agent starts anew', async () => {
  const url = `http://${site.host('h1').plug.address}:8080/cgi-bin/who`;
  const lines = `while [ ! -e ${site.directory}/enough ]; do curl -s -m 5 -o /dev/null -w '%{http_code}\\n' -H 'Host: shop.example' ${url}; done`;
  const asking = site.on(site.switch.outsider, 'sh', '-c', lines);
  await site.kubectl.run(['rollout', 'restart', 'deployment/web']);
  const rules = [...ingress.spec.rules, { host: '*.example', http: ingress.spec.rules[0]!.http }];
  await site.kubectl.apply({ ...ingress, spec: { ...ingress.spec, rules } });
  await eventually('the new rule', async () => /web-\S+ 200$/.test(await http('/cgi-bin/who', 'a.example')), 20_000);
  await site.host('h1').agent.end('SIGKILL');
  await site.startAgent(site.host('h1'));
  await site.kubectl.run(['rollout', 'status', 'deployment/web', '--timeout=90s']);
  await run('touch', [`${site.directory}/enough`]);
  const codes = (await asking).stdout.trim().split('\n');
  expect(codes.length).toBeGreaterThan(100);
  expect(codes.filter((code) => code !== '200')).toEqual([]);
}, 180_000);
