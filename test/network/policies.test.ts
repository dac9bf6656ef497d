import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { addressesOf, CONTAINER, podOn, who } from './pods.ts';
import { Site } from './site.ts';

let site: Site;
let ips: Map<string, string>;

const policy = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec,
});

beforeAll(async () => {
  site = await Site.start(['h1', 'h2'], ['--network', 'vxlan', '--log-level', 'warn']);
  for (const [name, node, app] of [
    ['a1', 'h1', 'web'],
    ['b1', 'h2', 'web'],
    ['c1', 'h1', 'client'],
    ['c2', 'h2', 'client'],
    ['d2', 'h2', 'other'],
  ] as const) {
    await site.kubectl.apply(podOn(name, node, { app }));
  }
  await site.kubectl.apply({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  });
  ips = await addressesOf(site, 5);
});

afterAll(async () => {
  for (const { plug, agent } of site?.hosts ?? [])
    if (agent?.stderr) process.stderr.write(`${plug.name}: ${agent.stderr.slice(-3000)}\n`);
  await site?.destroy();
});

/** Asks each until all answer, or none does. */
async function expectAnswers(wanted: Record<string, readonly string[]>, answers: boolean): Promise<void> {
  for (const [from, targets] of Object.entries(wanted)) {
    for (const target of targets) {
      const to = ips.has(target) ? `${ips.get(target)}:8080` : target;
      const as = async () => / (a1|b1|c1|c2|d2)$/.test(await who(site, from, to)) === answers;
      await eventually(`${from} ${answers ? 'to reach' : 'not to reach'} ${target}`, as, 20_000);
    }
  }
}

test('what no policy lets in stays outside; answers, the machine itself and other pods are not concerned', async () => {
  await expectAnswers({ c1: ['a1', 'b1', 'web'] }, true);
  await site.kubectl.apply(policy('nobody', { podSelector: { matchLabels: { app: 'web' } } }));
  await expectAnswers({ c1: ['a1', 'b1', 'web'], c2: ['a1'], d2: ['b1'] }, false);
  await expectAnswers({ a1: ['c1', 'c2'], b1: ['d2'] }, true);
  const ask = ['busybox', 'timeout', '3', 'wget', '-q', '-O', '-', `http://${ips.get('a1')}:8080/cgi-bin/who`];
  expect((await site.on(site.host('h1').plug, ...ask)).stdout).toMatch(/ a1$/m);
});

test('those whom one of the policies lets in come in, by a named port and through the service', async () => {
  const from = [{ podSelector: { matchLabels: { app: 'client' } } }];
  const ingress = [{ from, ports: [{ port: 'http' }] }];
  await site.kubectl.apply(policy('clients', { podSelector: { matchLabels: { app: 'web' } }, ingress }));
  await expectAnswers({ c1: ['a1', 'b1', 'web'], c2: ['a1', 'b1', 'web'] }, true);
  await expectAnswers({ d2: ['a1', 'b1', 'web'] }, false);
  // A label makes it one of them, and takes that away again.
  await site.kubectl.run(['label', 'pod', 'd2', 'app=client', '--overwrite']);
  await expectAnswers({ d2: ['a1', 'b1'] }, true);
  await site.kubectl.run(['label', 'pod', 'd2', 'app=other', '--overwrite']);
  await expectAnswers({ d2: ['a1', 'b1'] }, false);
});

test('what may go out, by range; names are answered all the same', async () => {
  const block = { ipBlock: { cidr: '10.128.0.0/12', except: [`${ips.get('b1')}/32`] } };
  const egress = [{ to: [block], ports: [{ port: 8000, endPort: 8100 }] }];
  const spec = { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'], egress };
  await site.kubectl.apply(policy('near', spec));
  await expectAnswers({ c1: ['b1'], c2: ['b1'] }, false);
  await expectAnswers({ c1: ['a1', 'c2', 'd2'], c2: ['a1'] }, true);
  const names = await site.inPod('c1', '/bin/busybox nslookup web.default.svc.cluster.local');
  expect(names.stdout).toMatch(/Address: 10\.144\./);
});

test('a pod is guarded from its first moment', async () => {
  // It asks as soon as it runs, and writes down what came of it.
  const ask = `/bin/busybox timeout 1 wget -q -O - http://${ips.get('a1')}:8080/cgi-bin/who && echo reached; echo asked; exec sleep 1000`;
  const first = { name: 'main', image: CONTAINER.image, command: ['sh', '-c', ask] };
  const spec = { podSelector: { matchLabels: { app: 'early' } }, policyTypes: ['Egress'] };
  await site.kubectl.apply(policy('early', spec));
  for (const name of ['e1', 'e2', 'e3']) {
    await site.kubectl.apply(podOn(name, 'h2', { app: 'early' }, { containers: [first] }));
    const said = async () => (await site.kubectl.try(['logs', name])).stdout;
    await eventually(`${name} to have asked`, async () => (await said()).includes('asked'), 20_000);
    expect(await said()).not.toContain('reached');
  }
});

test('without policies everything is open, and nothing of them is left', async () => {
  await site.kubectl.run(['delete', 'networkpolicy', '--all']);
  await expectAnswers({ c1: ['a1', 'b1', 'web'], d2: ['a1'] }, true);
  const { stdout } = await site.on(site.host('h1').plug, 'nft', 'list', 'ruleset');
  expect(stdout).not.toMatch(/in-policy|in-pod|group\//);
});
