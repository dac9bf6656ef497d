import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { eventually } from '../eventually.ts';
import { run } from '../kubectl.ts';
import { addressesOf, CONTAINER, podOn, who } from './pods.ts';
import { Site } from './site.ts';

/** A web server on three hosts, behind a service and an ingress, called by name from pods of each host while things go wrong. */
let site: Site;

const HOSTS = ['h1', 'h2', 'h3'];
const GRACE_SECONDS = 8;
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
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: { app: 'web' } },
          },
        ],
      },
    },
  },
};
const service = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
};
const ingress = {
  ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'web' } },
  spec: { ingressClassName: 'stowage', defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
};

beforeAll(async () => {
  site = await Site.start(HOSTS, ['--network', 'vxlan', '--node-grace', `${GRACE_SECONDS}`, '--log-level', 'warn']);
  const host = site.host('h1');
  await host.agent.end();
  host.flags.push('--ingress', '8080,8443');
  await site.startAgent(host);
  await site.kubectl.run(['label', 'node', 'h1', 'node-restriction.kubernetes.io/ingress=true']);
  const clients = HOSTS.map((name) => podOn(`c-${name}`, name, { app: 'client' }));
  for (const each of [web, service, ingress, ...clients]) await site.kubectl.apply(each);
  await addressesOf(site, 6);
  await eventually('the ingress to be served', async () => (await through()) === '200', 20_000);
}, 240_000);

afterAll(async () => {
  await site?.destroy();
});

/** Through the ingress, from outside. */
async function through(): Promise<string> {
  const url = `http://${site.host('h1').plug.address}:8080/cgi-bin/who`;
  const flags = ['-s', '-m', '5', '-o', '/dev/null', '-w', '%{http_code}'];
  return (await site.on(site.switch.outsider, 'curl', ...flags, url)).stdout;
}

/** Asks through the ingress again and again until told to stop; what came, in order. */
function outsiders(): () => Promise<string[]> {
  const stop = `${site.directory}/stop-${performance.now()}`;
  const url = `http://${site.host('h1').plug.address}:8080/cgi-bin/who`;
  const line = `while [ ! -e ${stop} ]; do curl -s -m 8 -o /dev/null -w '%{http_code}\\n' ${url}; done`;
  const asking = site.on(site.switch.outsider, 'sh', '-c', line);
  return async () => {
    await run('touch', [stop]);
    return (await asking).stdout.trim().split('\n');
  };
}

/** A pod's requests by the service's name, until told to stop: how many were answered, and how many were not. */
function insider(pod: string): () => Promise<{ answered: number; failed: number }> {
  const line =
    'a=0; f=0; while [ ! -e /tmp/stop ]; do if /bin/busybox timeout 5 wget -q -O /tmp/out http://web/cgi-bin/who 2>/dev/null; then a=$((a+1)); else f=$((f+1)); fi; done; echo "$a $f"';
  const asking = site.inPod(pod, `rm -f /tmp/stop; ${line}`.replace('rm -f', '/bin/busybox rm -f'));
  return async () => {
    await site.inPod(pod, 'echo > /tmp/stop');
    const [answered = 0, failed = 0] = (await asking).stdout.trim().split(' ').map(Number);
    return { answered, failed };
  };
}

test('all pods are replaced, and no request is lost: by name from pods of every host, and through the ingress', async () => {
  const outside = outsiders();
  const inside = HOSTS.map((name) => insider(`c-${name}`));
  await site.kubectl.run(['rollout', 'restart', 'deployment/web']);
  await site.kubectl.run(['rollout', 'status', 'deployment/web', '--timeout=90s']);
  const counts = await Promise.all(inside.map((end) => end()));
  expect(counts.map(({ failed }) => failed)).toEqual([0, 0, 0]);
  expect(counts.every(({ answered }) => answered > 10)).toBe(true);
  expect((await outside()).filter((code) => code !== '200')).toEqual([]);
}, 180_000);

test('a host is lost: the ingress loses no request, and the service finds its way once that is known', async () => {
  const outside = outsiders();
  site.switch.cable('h3', false);
  const onLost = async () => {
    const { items } = await site.kubectl.json<{ items: Pod[] }>(['get', 'pods', '-l', 'app=web']);
    return items.filter(({ spec, metadata }) => spec?.nodeName !== 'h3' && !metadata?.deletionTimestamp).length;
  };
  const ready = async () => {
    const { stdout } = await site.kubectl.try([
      'get',
      'endpointslices',
      '-l',
      'kubernetes.io/service-name=web',
      '-o',
      'json',
    ]);
    const slices = JSON.parse(stdout) as {
      items: { endpoints: { nodeName?: string; conditions?: { ready?: boolean } }[] }[];
    };
    const ends = slices.items.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions?.ready);
    return ends.length > 0 && ends.every(({ nodeName }) => nodeName !== 'h3');
  };
  await eventually('the endpoints of the lost host to go', ready, 40_000);
  const codes = await outside();
  // What it was answering at that moment went with it.
  expect(codes.filter((code) => code !== '200').length).toBeLessThanOrEqual(1);
  for (let round = 0; round < 10; round++) expect(await who(site, 'c-h2', 'web')).toMatch(/ web-\S+$/);
  await eventually('three pods elsewhere', async () => (await onLost()) === 3, 60_000);
}, 180_000);

test('it comes back, and takes part again', async () => {
  site.switch.cable('h3', true);
  await site.kubectl.run(['wait', 'node/h3', '--for=condition=Ready', '--timeout=60s']);
  await site.kubectl.apply(podOn('back', 'h3', { app: 'back' }));
  await addressesOf(site, 1, '-l', 'app=back');
  await eventually(
    'its pods to reach the service',
    async () => / web-\S+$/.test(await who(site, 'back', 'web')),
    20_000,
  );
}, 180_000);

test('two hosts that do not reach each other keep what each has: names, and services of its own pods', async () => {
  const [h1, h2] = [site.host('h1').plug, site.host('h2').plug];
  await site.on(h2, 'iptables', '-I', 'INPUT', '-s', site.host('h3').plug.address, '-j', 'DROP');
  await site.on(h2, 'iptables', '-I', 'OUTPUT', '-d', site.host('h3').plug.address, '-j', 'DROP');
  try {
    expect((await site.inPod('c-h2', '/bin/busybox nslookup web.default.svc.cluster.local')).stdout).toMatch(
      /10\.144\./,
    );
    expect(await through()).toBe('200');
    expect(h1.name).toBe('h1');
  } finally {
    await site.on(h2, 'iptables', '-D', 'INPUT', '-s', site.host('h3').plug.address, '-j', 'DROP');
    await site.on(h2, 'iptables', '-D', 'OUTPUT', '-d', site.host('h3').plug.address, '-j', 'DROP');
  }
});

test('an agent without its master: its pods go on, reach the service by name, and none runs twice afterwards', async () => {
  const before = await site.kubectl.json<{ items: Pod[] }>(['get', 'pods']);
  await site.master.end('SIGKILL');
  const url = `http://${site.host('h1').plug.address}:8080/cgi-bin/who`;
  for (let round = 0; round < 5; round++) {
    const { stdout } = await site.on(site.switch.outsider, 'curl', '-s', '-m', '5', url);
    expect(stdout).toContain('web-');
  }
  await site.startMaster();
  await eventually(
    'the pods to be those that were there',
    async () => {
      const { items } = await site.kubectl.json<{ items: Pod[] }>(['get', 'pods']);
      const uids = (list: Pod[]) => list.map(({ metadata }) => metadata?.uid).sort();
      expect(uids(items)).toEqual(uids(before.items));
      return items.every(
        ({ status }) => status?.containerStatuses?.[0]?.ready && status.containerStatuses[0].restartCount === 0,
      );
    },
    60_000,
  );
}, 120_000);

test('the proxy is killed, and serves again', async () => {
  const pidFile = `${site.host('h1').dataDir}/ingress/haproxy.pid`;
  const pid = Number((await run('cat', [pidFile])).stdout.trim());
  process.kill(pid, 'SIGKILL');
  const isAnother = async () => Number((await run('cat', [pidFile])).stdout.trim()) !== pid;
  await eventually('another process to run', isAnother, 10_000);
  await eventually('the ingress to be served again', async () => (await through()) === '200', 10_000);
}, 60_000);
