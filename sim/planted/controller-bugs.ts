import type { Transaction } from '../../master/store/store.ts';
import type { MutationTable } from './mutation.ts';
import { dropping, isUnder, objectOf, rewriting } from './store-hand.ts';

const PODS = 'core/pods';

/** Of controllers and of what agents report. */
export const controllerBugs = {
  'finalizer-forgotten': {
    bug: 'pods of a Job carry no finalizer until they are counted',
    caughtBy: ['jobs', 'converged'],
    withinSeeds: 5,
    store: (store) =>
      rewriting(store, PODS, ({ metadata }) => {
        metadata.finalizers = metadata.finalizers?.filter((one) => one !== 'batch.kubernetes.io/job-tracking');
      }),
  },
  'completion-counted-twice': {
    bug: 'a Job counts one of its completions twice',
    caughtBy: ['jobs'],
    withinSeeds: 5,
    store: (store) =>
      rewriting(store, 'batch/jobs', ({ status }) => {
        if (typeof status?.succeeded === 'number' && status.succeeded > 0) status.succeeded += 1;
      }),
  },
  'endpoints-stale': {
    bug: 'the endpoints of a Service are written once and never again',
    caughtBy: ['endpoints', 'converged'],
    withinSeeds: 10,
    store(store) {
      const seen = new Set<string>();
      const concerns = isUnder('discovery.k8s.io/endpointslices');
      return dropping(store, ({ ops }) => {
        const isLate = ops.some((op) => concerns(op) && op.type === 'put' && seen.has(op.key));
        for (const op of ops) if (concerns(op)) seen.add(op.key);
        return isLate;
      });
    },
  },
  'newest-status-lost': {
    bug: 'of the words of an agent on a pod the last one is not written: that it is ready',
    caughtBy: ['converged'],
    withinSeeds: 3,
    store(store) {
      let count = 0;
      return dropping(store, (transaction) => {
        if (!becomesReady(transaction)) return false;
        count += 1;
        return count % 10 === 0;
      });
    },
  },
} satisfies MutationTable;

const becomesReady = ({ ops }: Transaction): boolean =>
  ops.some((op) => {
    const conditions = objectOf(op, PODS)?.status?.conditions as { type: string; status: string }[] | undefined;
    return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  });
