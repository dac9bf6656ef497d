import type { Agent } from '../agent/main.ts';
import type { Master } from '../master/main.ts';
import { sessionWith, standardTerminal } from './client.ts';
import { imageOptionsOf } from './image-settings.ts';
import { type Lock, takeLock } from './lock.ts';
import { logRotationOf } from './log-settings.ts';
import { nodeReady } from './node-ready.ts';
import { nodeOptionsOf } from './node-settings.ts';
import { type Ground, groundFor, kubeconfigFile, startMaster } from './parts.ts';
import { nameOptionsOf } from './pod-settings.ts';
import type { UpValues } from './settings.ts';
import { untilAborted } from './signals.ts';
import { usageText } from './usage-text.ts';

/** The engine has been chosen. */
export type UpSettings = UpValues & { readonly dockerHost: string };

const say = (line: string) => standardTerminal.out(`${line}\n`);

/**
 * `stowctl up`: a master and this machine's agent in one process, until the signal aborts. Prints `ready` on a line of its own when
 * the API serves and the node is Ready. Stopping ends agent and master; containers go on running.
 */
export async function up(values: UpSettings, signal: AbortSignal): Promise<void> {
  const running: { stop(): Promise<void> }[] = [];
  const locks: Lock[] = [];
  try {
    const ground = groundFor(values.logLevel);
    locks.push(takeLock(values.dataDir, 'master'));
    if (!values.noAgent) {
      locks.push(takeLock(values.dataDir, 'agent'));
      await checkDocker(values.dockerHost, ground);
    }
    const master = await startMaster(values, ground, { dockerHost: values.dockerHost });
    running.push(master);
    const agent = values.noAgent ? undefined : await startAgent(values, master, ground, running);
    await announce(values, agent, signal);
    await untilAborted(signal);
  } finally {
    for (const part of running.reverse()) await part.stop();
    for (const lock of locks) lock.release();
  }
}

/** Looked at first: nothing is made for a cell whose agent could not run. */
async function checkDocker(dockerHost: string, { clock }: Ground): Promise<void> {
  const [{ dockerRuntime }, { requireDocker }] = await Promise.all([
    import('../agent/docker/docker-runtime.ts'),
    import('./docker-host.ts'),
  ]);
  const runtime = dockerRuntime({ host: dockerHost, clock });
  await requireDocker(runtime, dockerHost).finally(() => runtime.close());
}

async function startAgent(
  values: UpSettings,
  master: Master,
  ground: Ground,
  running: { stop(): Promise<void> }[],
): Promise<Agent> {
  const { createAgent } = await import('../agent/main.ts');
  const agent = createAgent({
    dataDir: values.dataDir,
    masterUrl: master.url,
    joinToken: master.joinToken,
    nodeName: values.nodeName,
    dockerHost: values.dockerHost,
    metricsPort: values.metricsPort,
    node: nodeOptionsOf(values),
    names: nameOptionsOf(values),
    ingress: values.ingress,
    podManifestPath: values.podManifestPath,
    logs: logRotationOf(values),
    images: imageOptionsOf(values),
    ...ground,
  });
  running.push(agent);
  await agent.start();
  return agent;
}

/** Waits for Ready, says so, and submits and follows the demo. */
async function announce(values: UpSettings, agent: Agent | undefined, signal: AbortSignal): Promise<void> {
  const session = sessionWith(kubeconfigFile(values), signal);
  try {
    if (agent && !(await nodeReady(session, values.nodeName))) return;
    say('ready');
    if (agent && !values.noDemo) {
      const { runDemo } = await import('./demo.ts');
      await runDemo(session, values.dockerHost, say);
    }
    if (!signal.aborted) say(usageText(values, agent));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    session.client.close();
  }
}
