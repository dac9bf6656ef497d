import { chmodSync, copyFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Master, MasterParts } from '../master/main.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { createLogger, type Logger, type LogLevel } from '../platform/log.ts';
import { type Rng, systemRng } from '../platform/rng.ts';
import { authOf } from './auth-settings.ts';
import { ensureDirectory } from './directories.ts';
import { etcdAccessOf } from './etcd-settings.ts';
import { guardOf } from './guard-settings.ts';
import { networkOf } from './network-settings.ts';
import { writeRecord } from './record.ts';
import type { MasterValues, UpValues } from './settings.ts';
import { Trouble } from './trouble.ts';

/** What every part of a running cell stands on. */
export interface Ground {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

export const groundFor = (level: LogLevel): Ground => ({
  clock: systemClock,
  rng: systemRng(),
  log: createLogger(level),
});

/** Starts a master with these settings, or those parts of it, and leaves its kubeconfig where it was asked for. */
export async function startMaster(
  values: MasterValues | UpValues,
  ground: Ground,
  { dockerHost, parts }: { readonly dockerHost?: string; readonly parts?: MasterParts } = {},
): Promise<Master> {
  const { createMaster } = await import('../master/main.ts');
  const etcdAccess = etcdAccessOf(values);
  writeRecord(values.dataDir, {
    store: values.store,
    ...(values.store === 'etcd' && { etcdEndpoints: values.etcdEndpoints, etcdPrefix: values.etcdPrefix, etcdAccess }),
    dockerHost,
  });
  const master = createMaster({
    dataDir: values.dataDir,
    port: values.port,
    bindAddress: values.bindAddress,
    advertiseAddress: values.advertiseAddress,
    store:
      values.store === 'etcd'
        ? { kind: 'etcd', endpoints: [...values.etcdEndpoints], prefix: values.etcdPrefix, access: etcdAccess }
        : { kind: 'sqlite' },
    nodeGraceMs: values.nodeGrace * 1000,
    tolerations: {
      notReady: values.defaultNotReadyTolerationSeconds,
      unreachable: values.defaultUnreachableTolerationSeconds,
    },
    prometheusUrl: values.prometheusUrl,
    auth: authOf(values),
    guard: guardOf(values),
    network: networkOf(values),
    parts,
    ...ground,
  });
  await startOrExplain(master, values);
  const file = kubeconfigFile(values);
  const own = join(values.dataDir, 'kubeconfig');
  if (file !== own) {
    ensureDirectory(dirname(file), '--kubeconfig');
    copyFileSync(own, file);
    // It holds a private key.
    chmodSync(file, 0o600);
  }
  return master;
}

/** Where the kubeconfig of a master with these settings is. */
export const kubeconfigFile = (values: Pick<MasterValues, 'dataDir' | 'kubeconfig'>): string =>
  resolve(values.kubeconfig ?? join(values.dataDir, 'kubeconfig'));

async function startOrExplain(master: Master, values: MasterValues | UpValues): Promise<void> {
  try {
    await master.start();
  } catch (error) {
    await master.stop().catch(() => undefined);
    if (values.store === 'etcd' && (error as Error).name === 'StoreUnavailable') {
      throw new Trouble(
        `etcd does not answer at ${values.etcdEndpoints.join(', ')}: start it, or name its address with --etcd-endpoints (${(error as Error).message})`,
        1,
        error,
      );
    }
    throw error;
  }
}
