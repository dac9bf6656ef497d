import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { Site } from './site.ts';

/** Says who asks, and who answers. */
const SERVE =
  'mkdir -p /tmp/cgi-bin; /bin/busybox printf \'#!/bin/sh\\necho; echo "$REMOTE_ADDR $HOSTNAME"\\n\' > /tmp/cgi-bin/who; /bin/busybox chmod 755 /tmp/cgi-bin/who; exec httpd -f -p 8080 -h /tmp';

const podOn = (name: string, node: string, labels: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: {
    nodeName: node,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: TEST_IMAGE,
        command: ['sh', '-c', SERVE],
        env: [{ name: 'HOSTNAME', value: name }],
        ports: [{ containerPort: 8080, name: 'http' }],
      },
    ],
  },
});

describe.each(['vxlan', 'host-gw'])('a cell of two hosts, by %s', (mode) => {
  let site: Site;
  const ips = new Map<string, string>();

  beforeAll(async () => {
    site = await Site.start(['h1', 'h2'], ['--network', mode, '--log-level', 'warn']);
    for (const [name, node] of [
      ['a1', 'h1'],
      ['a2', 'h1'],
      ['b1', 'h2'],
    ] as const) {
      await site.kubectl.apply(podOn(name, node, { app: 'web' }));
    }
    await eventually(
      'all pods to be ready',
      async () => {
        const { items } = await site.kubectl.json<{ items: Pod[] }>(['get', 'pods']);
        for (const { metadata, status } of items) ips.set(metadata?.name ?? '', status?.podIP ?? '');
        return items.filter(({ status }) => status?.containerStatuses?.[0]?.ready).length === 3;
      },
      60_000,
    );
  });

  afterAll(async () => {
    for (const { plug, agent } of site?.hosts ?? [])
      if (agent?.stderr) process.stderr.write(`${plug.name}: ${agent.stderr.slice(-3000)}\n`);
    await site?.destroy();
  });

  const who = async (from: string, to: string): Promise<string> => {
    const { stdout, stderr } = await site.inPod(from, `/bin/busybox timeout 3 wget -q -O - http://${to}/cgi-bin/who`);
    return stdout.trim().replace(/^\[::ffff:(.*)\]/, '$1') || stderr.trim();
  };

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
        expect(await who(from, `${ips.get(to)}:8080`)).toBe(`${ips.get(from)} ${to}`);
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
          const answer = await who(from, ip);
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
    await eventually('its address to be refused', async () => /refused/.test(await who('a1', ip)), 10_000);
  });

  test('ways and rules that somebody removes are laid anew', async () => {
    const { plug } = site.host('h1');
    const show = async () => (await site.on(plug, 'ip', 'route', 'show', 'proto', '83')).stdout.trim();
    const before = await show();
    expect(before).not.toBe('');
    await site.on(plug, 'ip', 'route', 'flush', 'proto', '83');
    await eventually('the routes to be back', async () => (await show()) === before, 10_000);
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
