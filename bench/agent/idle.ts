import { dockerRuntime } from '../../agent/docker/docker-runtime.ts';
import { ContainerReader } from '../../agent/metrics/container-reader.ts';
import type { ObservedContainer } from '../../agent/plan/state.ts';
import { systemClock } from '../../platform/clock.ts';
import { type Engine, TEST_IMAGE } from '../../test/docker.ts';
import { cpuPercent, residentMegabytes } from '../process-use.ts';
import { atMost, type Figure, known } from '../report.ts';
import type { AgentRig } from './rig.ts';

type Say = (progress: string) => void;

const PODS = 100;
const PERIOD_SECONDS = 10;
const SETTLE_MS = 15_000;
const IDLE_MS = 60_000;
const PASSES = 50;

const sleepMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A hundred pods that do nothing but answer their probes. */
export async function idlePods(rig: AgentRig, engine: Engine, say: Say): Promise<Figure[]> {
  const names = Array.from({ length: PODS }, (_, index) => `idle-${index}`);
  const bare = await residentMegabytes(rig.pid);
  say(`starting ${PODS} pods`);
  await Promise.all(names.map((name, index) => rig.create(name, podSpec(index))));
  await rig.ready(PODS);
  say(`idle for ${(SETTLE_MS + IDLE_MS) / 1000} s`);
  await sleepMs(SETTLE_MS);
  const cpu = await cpuPercent(rig.pid, IDLE_MS);
  const rss = await residentMegabytes(rig.pid);
  const collection = await usageCollection(engine, await rig.cellId());
  say('removing the pods');
  await rig.remove(names);
  return [
    known('RSS without pods', bare, 'MB'),
    atMost(`CPU, ${PODS} idle pods with probes each ${PERIOD_SECONDS} s`, cpu, '% of a core', 3),
    atMost(`RSS, ${PODS} idle pods with probes each ${PERIOD_SECONDS} s`, rss, 'MB', 120),
    atMost(`CPU of usage collection, ${PODS} containers each 10 s`, collection, '% of a core', 1),
  ];
}

/** Half of them are asked for a page, half whether their port is open. */
const podSpec = (index: number) => ({
  containers: [
    {
      name: 'main',
      image: TEST_IMAGE,
      command: ['/bin/busybox', 'sh', '-c', 'echo ok >/tmp/index.html; exec busybox httpd -f -p 8080 -h /tmp'],
      readinessProbe: {
        periodSeconds: PERIOD_SECONDS,
        ...(index % 2 ? { tcpSocket: { port: 8080 } } : { httpGet: { path: '/', port: 8080 } }),
      },
      resources: { limits: { memory: '32Mi' }, requests: { memory: '1Mi' } },
    },
  ],
});

/** As the agent does it, in this process: CPU time of one pass over the containers, as a part of ten seconds. */
async function usageCollection(engine: Engine, cellId: string): Promise<number> {
  const running = (await engine.containers(cellId)).filter(
    ({ Labels }) => Labels['io.kubernetes.container.name'] === 'main',
  );
  const inspected = await Promise.all(running.map(({ Id }) => engine.docker.getContainer(Id).inspect()));
  const containers = inspected.map(({ Id, State }) => ({ id: Id, pid: State.Pid }) as ObservedContainer);
  const runtime = dockerRuntime({ clock: systemClock });
  const reader = new ContainerReader(runtime, systemClock);
  await reader.read(containers);
  const before = process.cpuUsage();
  for (let pass = 0; pass < PASSES; pass++) await reader.read(containers);
  const { user, system } = process.cpuUsage(before);
  runtime.close();
  return ((user + system) / 1000 / PASSES / 10_000) * 100;
}
