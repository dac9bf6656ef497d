import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dockerRuntime } from '../agent/docker/docker-runtime.ts';
import { removeCell } from '../agent/docker/remove-cell.ts';
import { cellLabels } from '../agent/labels.ts';
import { removeCellNetwork } from '../agent/network/removal.ts';
import { releaseAllParts } from '../agent/volumes/pinned-parts.ts';
import { mountsBelow } from '../agent/volumes/remove-tree.ts';
import { systemClock } from '../platform/clock.ts';
import { standardTerminal } from './client.ts';
import { dockerHostFor, requireDocker } from './docker-host.ts';
import { holderOf } from './lock.ts';
import { type CellRecord, readRecord } from './record.ts';
import { type PlaceValues, surroundings } from './settings.ts';
import { Trouble } from './trouble.ts';

const say = (line: string) => standardTerminal.out(`${line}\n`);

/** `stowctl down`: removes all that the cell in the data directory left on this machine, its state last. */
export async function down({ dataDir, dockerHost }: PlaceValues): Promise<void> {
  const cellId = identify(dataDir);
  const record = readRecord(dataDir);
  if (cellId) await removeContainers(cellId, dockerHostFor(dockerHost ?? record?.dockerHost, surroundings()));
  if (cellId) await removeCellNetwork(cellId, dataDir);
  if (record?.store === 'etcd') await removeKeys(record);
  await releaseAllParts(join(dataDir, 'pods'));
  const mounts = await mountsBelow(dataDir);
  if (mounts.length > 0)
    throw new Trouble(`${dataDir} is not removed, as something is mounted there: unmount ${mounts.join(', ')} first`);
  removeState(dataDir);
}

/** A directory that is mounted from elsewhere, as in a container, can be emptied and not removed. */
function removeState(dataDir: string): void {
  for (const each of readdirSync(dataDir)) rmSync(join(dataDir, each), { recursive: true, force: true });
  try {
    rmdirSync(dataDir);
    say(`removed ${dataDir}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    say(`emptied ${dataDir}, which is mounted from elsewhere`);
  }
}

/** The cell's id. Refuses a directory that is no cell's, or whose cell runs. */
function identify(dataDir: string): string | undefined {
  const stats = statSync(dataDir, { throwIfNoEntry: false });
  if (!stats) throw new Trouble(`there is no cell in ${dataDir}: name its place with --data-dir`);
  for (const role of ['master', 'agent'] as const) {
    const pid = holderOf(dataDir, role);
    if (pid !== undefined) {
      throw new Trouble(
        `the ${role} in ${dataDir} is running (process ${pid}): stop it first, for instance with \`kill ${pid}\``,
      );
    }
  }
  const file = join(dataDir, 'cell-id');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (existsSync(join(dataDir, 'cell.json')) || readdirSync(dataDir).length === 0) return undefined;
  throw new Trouble(`${dataDir} holds no cell (it has no cell-id file), so nothing was removed`);
}

async function removeContainers(cellId: string, dockerHost: string): Promise<void> {
  const runtime = dockerRuntime({ host: dockerHost, clock: systemClock });
  await requireDocker(runtime, dockerHost).finally(() => runtime.close());
  const { containers, networks, volumes } = await removeCell(dockerHost, cellLabels(cellId));
  say(`removed ${containers} containers, ${networks} networks and ${volumes} volumes of cell ${cellId}`);
}

async function removeKeys({ etcdEndpoints = [], etcdPrefix, etcdAccess }: CellRecord): Promise<void> {
  const { removeEtcdState } = await import('./remove-state.ts');
  const count = await removeEtcdState(etcdEndpoints, etcdPrefix, etcdAccess);
  say(`removed ${count} keys from etcd at ${etcdEndpoints.join(', ')}`);
}
