import type { Pod } from '../api/core/pod.ts';
import { linesOf } from '../client/watching.ts';
import { type ApiResource, pathOf } from './discovery.ts';
import { parseDuration, parseWhole } from './durations.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { parseTargets } from './resources.ts';
import type { CommonFlags, Session } from './session.ts';

export interface LogsFlags extends CommonFlags {
  container?: string;
  follow?: boolean;
  previous?: boolean;
  tail?: string;
  since?: string;
  sinceTime?: string;
  timestamps?: boolean;
  limitBytes?: string;
  selector?: string;
  allContainers?: boolean;
  prefix?: boolean;
}

/** One container's log. */
interface Source {
  readonly pod: Pod;
  readonly container: string;
}

/** Kubernetes' limit for following several logs at once. */
const MAX_FOLLOWED = 5;
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** `stowctl logs`. */
export async function logs(session: Session, words: readonly string[], flags: LogsFlags): Promise<void> {
  const resources = await session.resources();
  const podKind = resources.find((resource) => resource.plural === 'pods' && resource.group === '');
  if (!podKind) throw new CommandFailure('error: the server does not serve pods');
  const query = logQuery(flags);
  const pods = await podsFor(session, resources, podKind, words, flags);
  const sources = pods.flatMap((pod) => containersOf(session, pod, words[1], flags));
  if (flags.follow && sources.length > MAX_FOLLOWED) {
    throw new CommandFailure(
      `error: you are attempting to follow ${sources.length} log streams, but the limit is ${MAX_FOLLOWED}: narrow the selection`,
    );
  }
  const show = (source: Source) => showLog(session, podKind, source, query, flags);
  if (flags.follow) await Promise.all(sources.map(show));
  else for (const source of sources) await show(source);
}

function logQuery(flags: LogsFlags): Record<string, string | undefined> {
  const tail = flags.tail ?? (flags.selector !== undefined ? '10' : undefined);
  const sinceMs = flags.since === undefined ? undefined : parseDuration(flags.since, '--since');
  return {
    follow: flags.follow ? 'true' : undefined,
    previous: flags.previous ? 'true' : undefined,
    timestamps: flags.timestamps ? 'true' : undefined,
    tailLines: tail === undefined || parseWhole(tail, '--tail', -1) < 0 ? undefined : tail,
    sinceSeconds: sinceMs === undefined ? undefined : String(Math.ceil(sinceMs / 1000)),
    sinceTime: flags.sinceTime,
    limitBytes: flags.limitBytes === undefined ? undefined : String(parseWhole(flags.limitBytes, '--limit-bytes', 1)),
  };
}

/** The pods that the words or the selector name; a workload stands for one of its pods. */
async function podsFor(
  session: Session,
  resources: readonly ApiResource[],
  podKind: ApiResource,
  words: readonly string[],
  flags: LogsFlags,
): Promise<Pod[]> {
  const { client, namespace, signal } = session;
  const listPods = async (labelSelector: string) =>
    (await client.get<{ items?: Pod[] }>(pathOf(podKind, namespace), { query: { labelSelector }, signal })).items ?? [];
  if (flags.selector !== undefined) return listPods(flags.selector);
  const [word] = words;
  if (!word) throw usageFailure('error: say whose logs: POD, TYPE/NAME, or -l SELECTOR');
  const [target] = word.includes('/') ? parseTargets(resources, [word]) : [{ resource: podKind, name: word }];
  const path = pathOf(target!.resource, namespace, target!.name);
  if (target!.resource === podKind) return [await client.get<Pod>(path, { signal })];
  const workload = await client.get<Workload>(path, { signal });
  const labels = workload.spec?.selector?.matchLabels;
  if (!labels) throw new CommandFailure(`error: ${word} has no selector that would lead to its pods`);
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const [first, ...others] = (await listPods(selector.join(','))).sort(mostTelling);
  if (!first) throw new CommandFailure(`error: ${word} has no pods yet`);
  if (others.length > 0) {
    session.terminal.err(`Found ${others.length + 1} pods, using pod/${first.metadata?.name}\n`);
  }
  return [first];
}

interface Workload {
  spec?: { selector?: { matchLabels?: Record<string, string> } };
}

/** The pod with the most to tell: one that runs before one that does not, a ready one, one that has long been. */
const mostTelling = (a: Pod, b: Pod) => {
  const [left, right] = [rankOf(a), rankOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
};

function rankOf({ metadata, status }: Pod): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const isReady = ready?.status === 'True';
  const since = (isReady && ready?.lastTransitionTime) || metadata?.creationTimestamp;
  return `${status?.phase === 'Running' ? 0 : 1}${isReady ? 0 : 1}${since ?? ''}`;
}

function containersOf(session: Session, pod: Pod, second: string | undefined, flags: LogsFlags): Source[] {
  const names = (pod.spec?.containers ?? []).map((container) => container.name);
  const inits = (pod.spec?.initContainers ?? []).map((container) => container.name);
  if (flags.allContainers) return [...inits, ...names].map((container) => ({ pod, container }));
  const asked = flags.container ?? second;
  if (asked !== undefined) {
    if ([...names, ...inits].includes(asked)) return [{ pod, container: asked }];
    throw new CommandFailure(
      `error: container ${asked} is not valid for pod ${pod.metadata?.name} (there: ${[...inits, ...names].join(', ')})`,
    );
  }
  const chosen = pod.metadata?.annotations?.[DEFAULT_CONTAINER] ?? names[0];
  if (chosen === undefined) return [];
  if (names.length > 1 && !pod.metadata?.annotations?.[DEFAULT_CONTAINER] && flags.selector === undefined) {
    session.terminal.err(`Defaulted container "${chosen}" out of: ${names.join(', ')}\n`);
  }
  return [{ pod, container: chosen }];
}

async function showLog(
  session: Session,
  podKind: ApiResource,
  { pod, container }: Source,
  query: Record<string, string | undefined>,
  flags: LogsFlags,
): Promise<void> {
  const { client, terminal, signal } = session;
  const path = pathOf(podKind, pod.metadata?.namespace, pod.metadata?.name, 'log');
  try {
    const stream = await client.open('GET', path, { query: { ...query, container }, accept: '*/*', signal });
    if (flags.prefix) {
      for await (const line of linesOf(stream)) terminal.out(`[pod/${pod.metadata?.name}/${container}] ${line}\n`);
    } else {
      const decoder = new TextDecoder();
      for await (const chunk of stream as AsyncIterable<Buffer>) terminal.out(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
