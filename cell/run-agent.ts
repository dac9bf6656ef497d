import { dockerRuntime } from '../agent/docker/docker-runtime.ts';
import { createAgent } from '../agent/main.ts';
import { parseJoinToken } from '../platform/pki.ts';
import { standardTerminal } from './client.ts';
import { dockerHostFor, requireDocker } from './docker-host.ts';
import { imageOptionsOf } from './image-settings.ts';
import { takeLock } from './lock.ts';
import { logRotationOf } from './log-settings.ts';
import { nodeOptionsOf } from './node-settings.ts';
import { groundFor } from './parts.ts';
import { nameOptionsOf } from './pod-settings.ts';
import { readRecord, writeRecord } from './record.ts';
import { type AgentValues, surroundings } from './settings.ts';
import { untilAborted } from './signals.ts';
import { Trouble } from './trouble.ts';

/** Throws `Trouble` when the text is no join token. */
function checkToken(token: string): void {
  try {
    parseJoinToken(token);
  } catch (error) {
    throw new Trouble((error as Error).message, 1, error);
  }
}

/** `stowctl agent`: this machine's agent alone, until the signal aborts. Prints `ready` when the master has welcomed it. */
export async function runAgent(values: AgentValues, signal: AbortSignal): Promise<void> {
  const { token } = values;
  const [masterUrl, ...otherMasterUrls] = values.master;
  if (!masterUrl) throw new Trouble('which master? Name it with --master https://HOST:6443', 2);
  if (!token)
    throw new Trouble(
      'the agent needs a token: `stowctl token create` makes one where the master is; give it with --token',
      2,
    );
  checkToken(token);
  const lock = takeLock(values.dataDir, 'agent');
  try {
    const ground = groundFor(values.logLevel);
    const dockerHost = dockerHostFor(values.dockerHost, surroundings());
    const runtime = dockerRuntime({ host: dockerHost, clock: ground.clock });
    await requireDocker(runtime, dockerHost).finally(() => runtime.close());
    writeRecord(values.dataDir, { store: 'sqlite', ...readRecord(values.dataDir), dockerHost });
    const agent = createAgent({
      dataDir: values.dataDir,
      masterUrl,
      otherMasterUrls,
      joinToken: token,
      nodeName: values.nodeName,
      dockerHost,
      metricsPort: values.metricsPort,
      node: nodeOptionsOf(values),
      names: nameOptionsOf(values),
      ingress: values.ingress,
      podManifestPath: values.podManifestPath,
      logs: logRotationOf(values),
      images: imageOptionsOf(values),
      ...ground,
    });
    try {
      await agent.start();
      const ready = await Promise.race([agent.whenReady.then(() => true), untilAborted(signal).then(() => false)]);
      if (ready) standardTerminal.out('ready\n');
      await untilAborted(signal);
    } finally {
      await agent.stop();
    }
  } finally {
    lock.release();
  }
}
