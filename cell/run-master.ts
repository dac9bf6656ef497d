import { standardTerminal } from './client.ts';
import { takeLock } from './lock.ts';
import { groundFor, kubeconfigFile, startMaster } from './parts.ts';
import { partsOf } from './parts-settings.ts';
import type { MasterValues } from './settings.ts';
import { untilAborted } from './signals.ts';
import { tellSupervisor } from './tell-supervisor.ts';

/** `stowctl master`: a master alone, until the signal aborts. Prints `ready` when it serves. */
export async function runMaster(values: MasterValues, signal: AbortSignal): Promise<void> {
  const lock = takeLock(values.dataDir, 'master');
  try {
    const master = await startMaster(values, groundFor(values.logLevel), { parts: partsOf(values) });
    standardTerminal.out(
      ['ready', `kubeconfig: ${kubeconfigFile(values)}`, ...(values.noAgents ? [] : [joiningLine(values)]), ''].join(
        '\n',
      ),
    );
    tellSupervisor(process.env);
    await untilAborted(signal);
    await master.stop();
  } finally {
    lock.release();
  }
}

const joiningLine = (values: MasterValues): string =>
  `to add a machine, run there what this prints: stowctl token create --kubeconfig ${kubeconfigFile(values)}`;
