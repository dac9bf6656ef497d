import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { removeCell } from '../../agent/docker/remove-cell.ts';
import { cellLabels } from '../../agent/labels.ts';
import { type Agent, createAgent } from '../../agent/main.ts';
import type { Container, Pod } from '../../agent/pod-types.ts';
import { ApiClient } from '../../client/client.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import type { LogRequest } from '../../proto/messages.ts';
import { ScriptedMaster } from '../../sim/scripted-master.ts';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';

const host = inject('dockerHost');
const engine = new Engine(host);
const containers = (script: string): Container[] => [
  { name: 'app', image: TEST_IMAGE, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', script] },
];

describe('logs that are rotated', () => {
  const master = new ScriptedMaster();
  let dataDir: string;
  let agent: Agent;

  beforeAll(async () => {
    await engine.ensureTestImage();
    dataDir = await mkdtemp(join(tmpdir(), 'stowage-test-streams-'));
    master.cellId = `stowage-test-${randomBytes(4).toString('hex')}`;
    const place = { dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 };
    const ground = { clock: systemClock, rng: systemRng(), log: silentLogger };
    const logs = { maxBytes: 256 * 1024, maxFiles: 50 };
    agent = createAgent({ ...place, logs, dockerHost: host, transport: master, ...ground });
    await agent.start();
    await agent.whenReady;
    master.assignAll();
  });
  afterAll(async () => {
    await agent.stop();
    await removeCell(host, cellLabels(master.cellId));
    await rm(dataDir, { recursive: true, force: true });
  });

  function ask(pod: Pod, more: Partial<LogRequest> = {}) {
    const id = randomBytes(4).toString('hex');
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const given = { container: 'app', follow: false, previous: false, timestamps: false, ...more };
    master.say({
      message: 'openTunnel',
      openTunnel: { id, what: 'log', log: { pod: { namespace, name, uid }, ...given } },
    });
    return async () => {
      await eventually('the log', () => master.tunnels.get(id)?.result !== undefined, 40_000);
      return master.tunnels.get(id)?.text ?? '';
    };
  }

  /** A comparison of whole logs would print them. */
  function same(log: string, lines: readonly string[]): void {
    const found = log.split('\n');
    const differs = found.findIndex((line, index) => line !== lines[index]);
    const near = (all: readonly string[]) => all.slice(Math.max(0, differs - 2), differs + 3);
    expect([found.length, differs < 0 ? [] : near(found)]).toEqual([lines.length, differs < 0 ? [] : near(lines)]);
  }

  test('are followed without a gap, and read again in every way', async () => {
    const count = 40_000;
    const metadata = { namespace: 'default', name: 'counter', uid: 'counter-uid', resourceVersion: '1' };
    // Not so fast that the engine itself forgets, and longer than one file.
    const script = `busybox seq 1 ${count / 2}; sleep 1; busybox seq ${count / 2 + 1} ${count}; echo end`;
    const pod: Pod = { metadata, spec: { restartPolicy: 'Never', containers: containers(script) } };
    master.assignSome(pod);
    await eventually('it to run', () => master.status('counter')?.phase === 'Running');
    const followed = await ask(pod, { follow: true })();
    const lines = [...Array.from({ length: count }, (_, index) => String(index + 1)), 'end', ''];
    same(followed, lines);
    same(await ask(pod)(), lines);
    same(await ask(pod, { tailLines: 30_000 })(), lines.slice(10_001));
    expect(await ask(pod, { limitBytes: 10 })()).toBe(followed.slice(0, 10));
    const stamped = await ask(pod, { timestamps: true, tailLines: 2 })();
    expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 40000\n\S{30} end\n$/);
    const sinceMs = Math.floor(Date.parse(stamped.slice(0, 30))) - 500;
    const late = await ask(pod, { sinceMs })();
    expect(late.endsWith('40000\nend\n')).toBe(true);
    expect(late.startsWith('1\n')).toBe(false);
    master.assignAll();
    await eventually('the pod to go', async () => (await engine.containers(master.cellId)).length === 0);
  });
});

describe('a client that stops reading', () => {
  let cell: TestCell;
  let client: ApiClient;
  beforeAll(async () => {
    await engine.ensureTestImage();
    cell = await TestCell.create({ dockerHost: host, kubectl: inject('kubectl') });
    await cell.start();
    client = new ApiClient(readKubeconfig(cell.kubeconfig));
  });
  afterAll(async () => {
    client?.close();
    await cell?.destroy();
  });

  const PODS = '/api/v1/namespaces/default/pods';
  const phase = async (name: string) => (await client.get<Pod>(`${PODS}/${name}`)).status?.phase;
  const create = (name: string, script: string) =>
    client.json('POST', PODS, {
      body: { metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers: containers(script) } },
    });
  const residentBytes = async (pid: number | undefined) =>
    1024 * Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

  test('of an endless log holds neither memory nor anybody else', async () => {
    await create('endless', 'busybox yes this is a line as programs write them all day long, on and on');
    await eventually('it to run', async () => (await phase('endless')) === 'Running');
    const pids = [cell.agent?.child.pid, cell.master?.child.pid];
    const before = await Promise.all(pids.map(residentBytes));
    const stalled: IncomingMessage[] = [];
    for (let reader = 0; reader < 4; reader++) {
      stalled.push(await client.open('GET', `${PODS}/endless/log`, { query: { follow: 'true' } }));
    }
    // The session of the agent carries statuses and heartbeats meanwhile.
    await create('other', 'sleep 1000');
    await eventually('another pod to run', async () => (await phase('other')) === 'Running');
    const log = await client.open('GET', `${PODS}/endless/log`, { query: { follow: 'true', tailLines: '1' } });
    let read = 0;
    for await (const piece of log as AsyncIterable<Buffer>) {
      read += piece.length;
      if (read > 30_000_000) break;
    }
    const after = await Promise.all(pids.map(residentBytes));
    for (const [index, bytes] of after.entries()) expect(bytes - before[index]!).toBeLessThan(100_000_000);
    for (const response of stalled) response.destroy();
    await client.json('DELETE', `${PODS}/endless`);
    await client.json('DELETE', `${PODS}/other`);
  });
});
