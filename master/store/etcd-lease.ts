import type { ILeaseKeepAliveResponse } from 'etcd3';
import type { EtcdClient } from './etcd-client.ts';
import { type Lease, LeaseLost } from './store.ts';

/** A lease kept by etcd, which counts in whole seconds and keeps none shorter than about two. */
export async function etcdLease(client: EtcdClient, ttlMs: number): Promise<Lease> {
  const leases = client.etcd.leaseClient;
  const TTL = Math.ceil(ttlMs / 1_000);
  const { ID: id } = await client.call((deadline) => leases.leaseGrant({ TTL }, deadline));
  return {
    id,
    keepAlive: async () => {
      const { TTL: left } = await client.call((deadline) => keepAliveOnce(client, id, deadline));
      if (Number(left) <= 0) throw new LeaseLost(`Lease ${id} has ended.`);
    },
    revoke: async () => {
      try {
        await client.call((deadline) => leases.leaseRevoke({ ID: id }, deadline));
      } catch (error) {
        // It had ended already, and its keys are gone.
        if (!(error instanceof LeaseLost)) throw error;
      }
    },
  };
}

/** etcd keeps leases alive on a stream; ours is open for one question and its answer. */
async function keepAliveOnce(
  client: EtcdClient,
  id: string,
  deadline: { deadline: number },
): Promise<ILeaseKeepAliveResponse> {
  const stream = await client.etcd.leaseClient.leaseKeepAlive(deadline);
  return new Promise((resolve, reject) => {
    stream.on('data', (answer) => {
      resolve(answer);
      stream.end();
    });
    stream.on('error', reject);
    stream.on('end', () => reject(new Error('it ended the stream of the lease without an answer')));
    stream.write({ ID: id });
  });
}
