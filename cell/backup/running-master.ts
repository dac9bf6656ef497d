import { join } from 'node:path';
import { ApiClient } from '../../client/client.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import { linesOf } from '../../client/watching.ts';
import type { Piece } from '../../master/store/relocation/snapshot.ts';
import { SNAPSHOT_PATH, type SnapshotLine } from '../../master/store/relocation/snapshot-route.ts';
import { RevisionCompacted } from '../../master/store/store.ts';
import { Trouble } from '../trouble.ts';

/**
 * What the master that runs in a data directory has in its store, asked as its administrator. Rejects with `RevisionCompacted` where it
 * has forgotten the beginning before the end, and with `CommandFailure` where it cannot be asked.
 */
export async function* askSnapshot(dataDir: string): AsyncGenerator<Piece> {
  const client = new ApiClient(readKubeconfig(join(dataDir, 'kubeconfig')));
  try {
    for await (const line of linesOf(await client.open('GET', SNAPSHOT_PATH))) {
      const said = JSON.parse(line) as SnapshotLine;
      if (said.type === 'end') return;
      if (said.type === 'outrun') throw new RevisionCompacted('The store changed faster than it was read.');
      yield said;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    throw new Trouble(CUT, 1, error);
  } finally {
    client.close();
  }
  throw new Trouble(CUT);
}

const CUT = 'the master stopped before it had told all that is in its store: try again';
