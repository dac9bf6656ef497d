import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from '../cli/output.ts';
import { createSession, type Session } from '../cli/session.ts';
import { ApiClient } from '../client/client.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { systemClock } from '../platform/clock.ts';
import type { ClientValues } from './settings.ts';

/** Standard output and error. */
export const standardTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** A session with the API server that `kubeconfig` names. */
export function sessionWith(
  kubeconfig: string,
  signal: AbortSignal,
  options: { terminal?: Terminal; namespace?: string; context?: string } = {},
): Session {
  return createSession({
    client: new ApiClient(readKubeconfig(kubeconfig, options.context)),
    terminal: options.terminal ?? standardTerminal,
    clock: systemClock,
    namespace: options.namespace,
    signal,
    readStdin,
  });
}

/** A session as the client commands' settings ask for it. */
export const openSession = (values: ClientValues, signal: AbortSignal): Session =>
  sessionWith(kubeconfigOf(values), signal, values);

/** The one asked for, KUBECONFIG, the cell in the data directory, ~/.kube/config: the first there is. */
function kubeconfigOf({ kubeconfig, dataDir }: ClientValues): string {
  const named = kubeconfig ?? process.env.KUBECONFIG?.split(':').find(Boolean);
  if (named) return named;
  const own = join(dataDir, 'kubeconfig');
  const usual = join(homedir(), '.kube', 'config');
  return !existsSync(own) && existsSync(usual) ? usual : own;
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
