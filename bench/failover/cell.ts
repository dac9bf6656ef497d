import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../../client/client.ts';
import { readKubeconfig } from '../../client/kubeconfig.ts';
import { leaderKey } from '../../master/leadership.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import type { Store } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { startEtcd, type TestEtcd } from '../../test/etcd.ts';
import { type OneMaster, TestMasters } from '../../test/masters.ts';

/** Some masters on one etcd, in processes of their own. Owns all of it, and the containers of its agents. */
export class MastersCell {
  readonly cell: TestMasters;
  readonly #etcd: TestEtcd;
  readonly #store: Store;
  readonly #clients = new Map<OneMaster, ApiClient>();

  private constructor(cell: TestMasters, etcd: TestEtcd, store: Store) {
    this.cell = cell;
    this.#etcd = etcd;
    this.#store = store;
  }

  static async up(masters: number, dockerHost: string, masterArgs: readonly string[] = []): Promise<MastersCell> {
    const etcd = await startEtcd();
    const store = await openEtcdStore({ endpoints: etcd.endpoints, clock: systemClock, log: silentLogger });
    const flags = ['--etcd-endpoints', String(etcd.endpoints)];
    const args = ['--log-level', 'warn', ...masterArgs];
    const cell = await TestMasters.create({ dockerHost, kubectl: 'kubectl', etcd: flags, masterArgs: args });
    const all = new MastersCell(cell, etcd, store);
    try {
      for (let count = 0; count < masters; count++) await cell.add();
      return all;
    } catch (error) {
      await all.down();
      throw error;
    }
  }

  get masters(): readonly OneMaster[] {
    return this.cell.masters;
  }

  /** To the API of one master; a new one after it was started again. */
  client(master: OneMaster): ApiClient {
    const known = this.#clients.get(master);
    if (known) return known;
    const client = new ApiClient(readKubeconfig(master.kubeconfig));
    this.#clients.set(master, client);
    return client;
  }

  async leader(of: 'scheduler' | 'controllers'): Promise<OneMaster | undefined> {
    const id = (await this.#store.get(leaderKey(of)))?.value;
    for (const master of this.masters) {
      if ((await readFile(join(master.dataDir, 'master-id'), 'utf8')).trim() === id) return master;
    }
    return undefined;
  }

  async down(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    await this.cell.destroy();
    await this.#store.close();
    await this.#etcd.stop();
  }
}
