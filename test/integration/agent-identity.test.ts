import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dockerRuntime } from '../../agent/docker/docker-runtime.ts';
import { createAgent } from '../../agent/main.ts';
import { packImage } from '../../agent/pause/archive.ts';
import type { Pod } from '../../agent/pod-types.ts';
import { nodeBase } from '../../cell/demo-image.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { eventually } from '../eventually.ts';

const IMAGE = 'stowage-test/node:1';

/** Asks as client libraries do: who it is and whom to trust stand in files, where the server is in variables. */
const CLIENT = `
const { readFileSync } = require('node:fs');
const { get } = require('node:https');
const file = (name) => readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/' + name, 'utf8');
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
const ask = () => {
  const path = '/api/v1/namespaces/' + file('namespace') + '/pods';
  const headers = { authorization: 'Bearer ' + file('token') };
  get({ host, port, path, headers, ca: file('ca.crt') }, async (response) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    const { items, message } = JSON.parse(text);
    console.log(response.statusCode, items ? items.map((pod) => pod.metadata.name).join() : message);
  }).on('error', (error) => console.log(error.message));
};
ask();
setInterval(ask, 300);
process.on('SIGTERM', () => process.exit(0));
`;

async function ensureImage(dockerHost: string): Promise<void> {
  const runtime = dockerRuntime({ host: dockerHost, clock: systemClock });
  try {
    if (await runtime.image(IMAGE)) return;
    const { architecture } = await runtime.info();
    const { files } = nodeBase();
    const about = { reference: IMAGE, architecture, env: ['PATH=/bin'] };
    await runtime.load(await packImage({ ...about, files: [...files, { path: 'tmp', mode: 0o1777 }] }));
  } finally {
    runtime.close();
  }
}

/** A clock for which time passes so many times as fast. */
function fast(times: number): Clock {
  const { now, monotonicMs, setTimer } = systemClock;
  const [startMs, originMs] = [now(), monotonicMs()];
  return {
    now: () => startMs + (monotonicMs() - originMs) * times,
    monotonicMs: () => monotonicMs() * times,
    setTimer: (delayMs, fn) => setTimer(delayMs / times, fn),
  };
}

const podOf = (name: string, script: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    terminationGracePeriodSeconds: 2,
    containers: [{ name: 'main', image: IMAGE, imagePullPolicy: 'Never', command: ['/bin/node', '-e', script] }],
    ...spec,
  },
});

describe('a pod in its cell', () => {
  const dockerHost = inject('dockerHost');
  let cell: TestCell;
  beforeAll(async () => {
    await ensureImage(dockerHost);
    cell = await TestCell.create({ dockerHost, kubectl: inject('kubectl') });
    await cell.start();
  });
  afterAll(() => cell.destroy());

  /** Another life of the agent of this cell, which has joined it. */
  const agentOf = async (clock: Clock) => {
    const joinToken = (await readFile(join(cell.masterDir, 'join-token'), 'utf8')).trim();
    const place = { dataDir: cell.agentDir('n1'), masterUrl: `https://127.0.0.1:${cell.port}`, joinToken };
    const ground = { clock, rng: systemRng(), log: silentLogger };
    return createAgent({ ...place, nodeName: 'n1', dockerHost, metricsPort: 0, ...ground });
  };

  const says = (pod: string, words: RegExp) =>
    eventually(`${pod} to say ${words}`, async () => {
      const { stdout } = await cell.kubectl.try(['logs', pod, '--tail', '3']);
      if (!words.test(stdout))
        throw new Error(`it says ${stdout || (await cell.kubectl.try(['describe', 'pod', pod])).stdout}`);
      return stdout;
    });

  test('asks the API as its service account, and may what that may', async () => {
    await cell.kubectl.apply(podOf('asker', CLIENT));
    await says('asker', /^403 pods is forbidden: User "system:serviceaccount:default:default" cannot list/m);
    await cell.kubectl.run('create rolebinding look --clusterrole=view --serviceaccount=default:default'.split(' '));
    await says('asker', /^200 asker$/m);
    const described = await cell.kubectl.run(['describe', 'pod', 'asker']);
    expect(described).toMatch(/serviceaccount from kube-api-access-\w{5} \(ro\)/);
    await cell.kubectl.run(['delete', 'pod', 'asker']);
  });

  test('finds names as its spec says', async () => {
    const show = `
      const { readFileSync } = require('node:fs');
      console.log(require('node:os').hostname());
      for (const file of ['hosts', 'resolv.conf']) console.log(readFileSync('/etc/' + file, 'utf8'));
      require('node:dns').lookup('cache', (error, address) => console.log('cache is', address));
      setInterval(() => {}, 1000);
      process.on('SIGTERM', () => process.exit(0));`;
    const names = {
      hostname: 'db',
      subdomain: 'data',
      setHostnameAsFQDN: true,
      hostAliases: [{ ip: '192.0.2.9', hostnames: ['cache'] }],
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['192.0.2.53'], searches: ['corp.example'], options: [{ name: 'ndots', value: '2' }] },
    };
    await cell.kubectl.apply(podOf('named', show, names));
    const said = await says('named', /^cache is 192\.0\.2\.9$/m).then(() => cell.kubectl.run(['logs', 'named']));
    const full = 'db.data.default.svc.cluster.local';
    expect(said).toMatch(new RegExp(`^${full}\n`));
    expect(said).toMatch(new RegExp(`^[\\d.]+\t${full}\tdb$`, 'm'));
    expect(said).toContain('nameserver 192.0.2.53\nsearch corp.example\noptions ndots:2\n');
    await cell.kubectl.run(['delete', 'pod', 'named']);
  });

  test('is resized in place', async () => {
    const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } };
    const pod = podOf('sized', 'setInterval(() => {}, 1000)');
    Object.assign(pod.spec.containers[0]!, { resources });
    await cell.kubectl.apply(pod);
    const status = async () => (await cell.kubectl.json<Pod>(['get', 'pod', 'sized'])).status?.containerStatuses?.[0];
    await eventually('it to run', async () => (await status())?.state?.running !== undefined);
    const asked = { requests: { cpu: '200m', memory: '96Mi' }, limits: { memory: '256Mi' } };
    const change = JSON.stringify({ spec: { containers: [{ name: 'main', resources: asked }] } });
    await cell.kubectl.run(['patch', 'pod', 'sized', '--subresource', 'resize', '--patch', change]);
    await eventually('it to have more', async () => (await status())?.resources?.limits?.memory === '256Mi');
    expect((await status())?.restartCount).toBe(0);
    const less = JSON.stringify({ spec: { containers: [{ name: 'main', resources: { limits: { memory: '1Mi' } } }] } });
    const { stderr } = await cell.kubectl.try(['patch', 'pod', 'sized', '--subresource', 'resize', '--patch', less]);
    expect(stderr).toContain('memory limits cannot be decreased unless resizePolicy is RestartContainer');
    expect((await cell.kubectl.run(['get', 'pod', 'sized', '--subresource', 'resize'])).trim()).toContain('sized');
    await cell.kubectl.run(['delete', 'pod', 'sized', '--now']);
  });

  test('sees a new token in its volume before the old one runs out', async () => {
    const sources = [{ serviceAccountToken: { path: 'token', expirationSeconds: 600 } }];
    const tell = `
      const { readFileSync } = require('node:fs');
      const claims = () => JSON.parse(Buffer.from(readFileSync('/tokens/token', 'utf8').split('.')[1], 'base64url'));
      setInterval(() => console.log('issued at', claims().iat), 200);
      process.on('SIGTERM', () => process.exit(0));`;
    const pod = podOf('rotating', tell, { volumes: [{ name: 'tokens', projected: { sources } }] });
    Object.assign(pod.spec.containers[0]!, { volumeMounts: [{ name: 'tokens', mountPath: '/tokens' }] });
    await cell.agent?.end();
    // Ten minutes is the least that a token can live.
    const agent = await agentOf(fast(30));
    await agent.start();
    try {
      await cell.kubectl.apply(pod);
      const first = Number(/\d+/.exec(await says('rotating', /^issued at \d+$/m))?.[0]);
      await eventually('a later token', async () => {
        const { stdout } = await cell.kubectl.try(['logs', 'rotating', '--tail', '1']);
        return Number(/\d+/.exec(stdout)?.[0]) > first;
      });
      const { status } = await cell.kubectl.json<Pod>(['get', 'pod', 'rotating']);
      expect(status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, ready: true });
    } finally {
      await agent.stop();
      await cell.startAgent();
    }
    await cell.kubectl.run(['delete', 'pod', 'rotating', '--now']);
  });

  test('keeps its token without a master, also under another life of its agent', async () => {
    await cell.kubectl.apply(podOf('lasting', CLIENT));
    await says('lasting', /^200 lasting$/m);
    const [id, engine] = [await cell.cellId(), new Engine(dockerHost)];
    await cell.agent?.end();
    await cell.master?.end();
    const agent = await agentOf(systemClock);
    await agent.start();
    try {
      const before = await engine.containerOf(id, 'lasting', 'main');
      await engine.docker.getContainer(before?.Id ?? '').kill();
      const again = await eventually('it to run again', async () => {
        const found = await engine.containerOf(id, 'lasting', 'main');
        return found && found.Id !== before?.Id && found;
      });
      expect(again.State).toBe('running');
    } finally {
      await agent.stop();
    }
    await cell.start();
    await says('lasting', /^200 lasting$/m);
  });
});
