import { inject } from 'vitest';
import { startEtcd } from '../etcd.ts';
import { story } from './story.suite.ts';

story('a cell on etcd', async () => {
  const etcd = await startEtcd();
  return {
    options: { dockerHost: inject('dockerHost'), kubectl: inject('kubectl'), etcdEndpoints: String(etcd.endpoints) },
    cleanUp: () => etcd.stop(),
  };
});
