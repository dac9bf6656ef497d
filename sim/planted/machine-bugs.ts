import type { FromMaster, Upsert } from '../../proto/messages.ts';
import type { FakeRuntime } from '../container-runtime.ts';
import type { MutationTable } from './mutation.ts';

/** Of agents, of their engines, and of what masters tell them. */
export const machineBugs = {
  'container-left': {
    bug: 'a container of a StatefulSet that was to stop is said to have gone, and runs on',
    caughtBy: ['ordinals', 'one machine', 'converged'],
    withinSeeds: 5,
    engine: leavingContainers,
  },
  'told-to-two': {
    bug: 'an agent is told to run the pod that was told of last to any agent, too',
    caughtBy: ['one machine'],
    withinSeeds: 3,
    ears() {
      let last: Upsert | undefined;
      return (message) => {
        const other = last;
        last = message.assignments?.upserts.find(({ plural }) => plural === 'pods') ?? last;
        return telling(message, (upserts) => (other ? [...upserts, other] : upserts));
      };
    },
  },
  'removal-unheard': {
    bug: 'an agent is not told that a pod is no more, and runs it on',
    caughtBy: ['converged', 'ordinals'],
    withinSeeds: 5,
    ears: () => (message) =>
      message.assignments ? { ...message, assignments: { ...message.assignments, removals: [] } } : message,
  },
  'secrets-for-all': {
    bug: 'agents are given secrets that none of their pods uses',
    caughtBy: ['secrets'],
    withinSeeds: 3,
    ears: () => (message) =>
      telling(message, (upserts) => {
        const [pod] = upserts;
        const secret = pod && { plural: 'secrets', namespace: pod.namespace, name: 'key', json: '{}' };
        return secret ? [...upserts, secret] : upserts;
      }),
  },
} satisfies MutationTable;

const telling = (message: FromMaster, tell: (upserts: Upsert[]) => Upsert[]): FromMaster =>
  message.assignments
    ? { ...message, assignments: { ...message.assignments, upserts: tell(message.assignments.upserts) } }
    : message;

function leavingContainers(engine: FakeRuntime): void {
  const ghosts = new Set<string>();
  const [list, inspect, stop] = [engine.list.bind(engine), engine.inspect.bind(engine), engine.stop.bind(engine)];
  engine.list = async (labels) => (await list(labels)).filter(({ id }) => !ghosts.has(id));
  engine.inspect = async (id) => (ghosts.has(id) ? undefined : inspect(id));
  engine.stop = async (id, grace) => {
    const isOfSet = (await inspect(id))?.labels['io.kubernetes.pod.name']?.startsWith('sta-');
    return isOfSet ? void ghosts.add(id) : stop(id, grace);
  };
}
