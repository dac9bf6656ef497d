import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Service } from '../../api/core/service.ts';
import { eventually } from '../eventually.ts';
import { addressesOf, CONTAINER, podOn, who } from './pods.ts';
import { Site } from './site.ts';

describe.each(['vxlan', 'host-gw'])('a cell of two hosts, by %s', (mode) => {
  let site: Site;
  let ips: Map<string, string>;

  beforeAll(async () => {
    site = await Site.start(['h1', 'h2'], ['--network', mode, '--log-level', 'warn']);
    for (const [name, node] of [
      ['a1', 'h1'],
      ['a2', 'h1'],
      ['b1', 'h2'],
    ] as const) {
      await site.kubectl.apply(podOn(name, node, { app: 'web' }));
    }
    ips = await addressesOf(site, 3);
  });

  afterAll(async () => {
    for (const { plug, agent } of site?.hosts ?? [])
      if (agent?.stderr) process.stderr.write(`${plug.name}: ${agent.stderr.slice(-3000)}\n`);
    await site?.destroy();
  });

  test('every node has a range of its own, and pods have addresses of it', async () => {
    const { items } = await site.kubectl.json<{ items: Node[] }>(['get', 'nodes']);
    const ranges = items.map(({ spec }) => spec?.podCIDR);
    expect(new Set(ranges).size).toBe(2);
    expect(ranges.every((range) => /^10\.1(2[89]|3\d|4[0-3])\.\d+\.0\/24$/.test(range ?? ''))).toBe(true);
    expect(ips.get('a1')?.split('.').slice(0, 3)).toEqual(ips.get('a2')?.split('.').slice(0, 3));
    expect(ips.get('a1')?.split('.').slice(0, 3)).not.toEqual(ips.get('b1')?.split('.').slice(0, 3));
  });

  test.each([
    ['a1', 'a2'],
    ['a1', 'b1'],
    ['b1', 'a2'],
  ])('%s reaches %s by its address, and is seen with its own', async (from, to) => {
    await eventually(
      'an answer',
      async () => {
        expect(await who(site, from, `${ips.get(to)}:8080`)).toBe(`${ips.get(from)} ${to}`);
        return true;
      },
      10_000,
    );
  });

  test('a service is reached by its address from pods, machines and outside, and by its port of every machine', async () => {
    await site.kubectl.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    });
    const { spec } = await site.kubectl.json<Service>(['get', 'service', 'web']);
    const ip = spec?.clusterIP ?? '';
    const port = spec?.ports?.[0]?.nodePort ?? 0;
    expect(ip).toMatch(/^10\.144\./);
    expect(port).toBeGreaterThanOrEqual(30_000);
    for (const from of ['a1', 'b1']) {
      const answerers = new Set<string>();
      await eventually(
        `answers of all pods to ${from}`,
        async () => {
          const answer = await who(site, from, ip);
          // Whoever is sent to itself sees the machine; all others see the pod.
          const [client, pod = ''] = answer.split(' ');
          if (!ips.has(pod)) throw new Error(answer);
          if (pod !== from) expect(client).toBe(ips.get(from));
          return answerers.add(pod).size === 3;
        },
        20_000,
      );
    }
    const ask = (target: string) => [
      'busybox',
      'timeout',
      '3',
      'wget',
      '-q',
      '-O',
      '-',
      `http://${target}/cgi-bin/who`,
    ];
    const { h1, h2 } = { h1: site.host('h1').plug, h2: site.host('h2').plug };
    for (const plug of [h1, h2]) expect((await site.on(plug, ...ask(ip))).stdout).toMatch(/ (a1|a2|b1)$/m);
    for (const { address } of [h1, h2]) {
      const { stdout } = await site.on(site.switch.outsider, ...ask(`${address}:${port}`));
      expect(stdout).toMatch(/ (a1|a2|b1)$/m);
    }
    await site.kubectl.run(['delete', 'service', 'web']);
    await eventually('its address to be refused', async () => /refused/.test(await who(site, 'a1', ip)), 10_000);
  });

  test('ways and rules that somebody removes are laid anew', async () => {
    const { plug } = site.host('h1');
    const show = async () => (await site.on(plug, 'ip', 'route', 'show', 'proto', '83')).stdout.trim();
    const before = await show();
    expect(before).not.toBe('');
    await site.on(plug, 'ip', 'route', 'flush', 'proto', '83');
    await eventually('the routes to be back', async () => (await show()) === before, 10_000);
    const rules = async () => /ip (stowage_\w+)/.exec((await site.on(plug, 'nft', 'list', 'tables')).stdout)?.[1];
    await site.on(plug, 'nft', 'delete', 'table', 'ip', (await rules()) ?? '');
    await eventually('the rules to be back', rules, 10_000);
  });

  test('a port of the machine leads to the pod that has it: from outside, from machines, pods and itself', async () => {
    const ports = [{ containerPort: 8080, hostPort: 8088, name: 'http' }];
    await site.kubectl.apply(podOn('p1', 'h1', { app: 'port' }, { containers: [{ ...CONTAINER, ports }] }));
    const own = (await addressesOf(site, 1, '-l', 'app=port')).get('p1');
    const { h1, h2 } = { h1: site.host('h1').plug, h2: site.host('h2').plug };
    const url = `http://${h1.address}:8088/cgi-bin/who`;
    const ask = ['busybox', 'timeout', '3', 'wget', '-q', '-O', '-'];
    for (const [plug, target] of [
      [site.switch.outsider, url],
      [h2, url],
      [h1, url],
      [h1, 'http://127.0.0.1:8088/cgi-bin/who'],
    ] as const) {
      const answer = async () => / p1$/m.test((await site.on(plug, ...ask, target)).stdout);
      await eventually(`an answer to ${plug.name} at ${target}`, answer, 10_000);
    }
    for (const pod of ['b1', 'a1', 'p1']) {
      const answer = async () => / p1$/.test(await who(site, pod, `${h1.address}:8088`));
      await eventually(`an answer to ${pod}`, answer, 10_000);
    }
    expect((await who(site, 'b1', `${own}:8080`)).split(' ')[0]).toBe(ips.get('b1'));
    await site.kubectl.run(['delete', 'pod', 'p1']);
    await eventually('the port to be free', async () => (await site.on(h2, ...ask, url)).code !== 0, 10_000);
  });

  test('a UDP endpoint that is gone gets no more packets of those who go on sending', async () => {
    await site.kubectl.apply(podOn('u1', 'h2', { app: 'udp' }));
    const ports = [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 }];
    const spec = { selector: { app: 'udp' }, ports };
    await site.kubectl.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'udp' }, spec });
    const end = (await addressesOf(site, 1, '-l', 'app=udp')).get('u1') ?? '';
    const { spec: given } = await site.kubectl.json<Service>(['get', 'service', 'udp']);
    const { plug } = site.host('h1');
    const isKnown = async () =>
      (await site.on(plug, 'conntrack', '-L', '-p', 'udp', '--dst-nat', end)).stdout.includes(
        `dst=${given?.clusterIP}`,
      );
    const send = `/bin/busybox timeout 1 /bin/busybox nslookup x ${given?.clusterIP}`;
    await eventually('the flow to be known', async () => (await site.inPod('a1', send)) && (await isKnown()), 20_000);
    await site.kubectl.run(['delete', 'pod', 'u1']);
    await eventually('the flow to be forgotten', async () => !(await isKnown()), 8_000);
    await site.kubectl.run(['delete', 'service', 'udp']);
  });

  test('a machine reaches pods of the other', async () => {
    const { stdout } = await site.on(
      site.host('h2').plug,
      'busybox',
      'timeout',
      '3',
      'wget',
      '-q',
      '-O',
      '-',
      `http://${ips.get('a1')}:8080/cgi-bin/who`,
    );
    expect(stdout).toMatch(/ a1$/m);
  });
});
