import type { Timeline } from '../time/timeline.ts';
import type { Call, Outcome, RecordedClient } from '../users/recorded-client.ts';
import { type Hand, NAMESPACE } from './scenarios.ts';

const AGAIN_MS = 500;

/** Answers after which asking again is no use: it has happened, or never will. */
const settled = (outcome: Outcome): boolean => outcome !== undefined && outcome.code < 500 && outcome.code !== 429;

/** A user who asks again until he knows that it has happened. */
export function handOf(client: RecordedClient, timeline: Timeline): Hand {
  const insist = async (call: Call): Promise<Outcome> => {
    for (;;) {
      const outcome = await client.call(call);
      if (settled(outcome)) return outcome;
      await new Promise<void>((resolve) => timeline.after(AGAIN_MS, 'insist', resolve));
    }
  };
  return {
    create: (resource, object) => {
      const { name } = object.metadata as { name: string };
      return insist({ verb: 'create', resource, ...spaceOf(resource), name, object });
    },
    patch: (resource, name, object) => insist({ verb: 'patch', resource, ...spaceOf(resource), name, object }),
    remove: (resource, name) => insist({ verb: 'delete', resource, ...spaceOf(resource), name }),
    evict: (name) =>
      insist({ verb: 'evict', resource: '/pods', namespace: NAMESPACE, name, object: { metadata: { name } } }),
    async pods() {
      const found = await insist({ verb: 'list', resource: '/pods', namespace: NAMESPACE });
      return ((found?.object.items ?? []) as { metadata: { name: string } }[])
        .map(({ metadata }) => metadata.name)
        .sort();
    },
  };
}

const spaceOf = (resource: string) => (resource === '/namespaces' ? {} : { namespace: NAMESPACE });
