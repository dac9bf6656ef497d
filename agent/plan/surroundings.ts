import type { Container, ContainerStatus } from '../pod-types.ts';
import { attemptsOf, type ContainerView } from './container.ts';
import { type DesiredPod, type ObservedContainer, type ObservedPod, type SpecRole, VOLUMES_TROUBLE } from './state.ts';
import type { Step } from './steps.ts';

/** The earliest of the given times; undefined is never. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** Prepares the volumes, and again when what they show has changed. */
export function decideVolumes(
  { sourcesVersion }: DesiredPod,
  observed: ObservedPod,
  nowMs: number,
): { steps: Step[]; wakeAtMs?: number } {
  if (observed.volumesVersion === sourcesVersion) return { steps: [] };
  const trouble = observed.troubles.get(VOLUMES_TROUBLE);
  if (trouble && trouble.retryAtMs > nowMs) return { steps: [], wakeAtMs: trouble.retryAtMs };
  return { steps: [{ type: 'prepareVolumes', sourcesVersion }] };
}

/** Containers as they are, where nothing more is to be started. */
export function viewsAtRest(
  specs: readonly Container[],
  role: SpecRole,
  observed: ObservedPod,
  last: readonly ContainerStatus[] | undefined,
): ContainerView[] {
  return specs.map((spec) => {
    const known = attemptsOf(spec.name, role, observed);
    const missing = reported(spec, role, last);
    const attempts = missing && missing.attempt > (known.at(-1)?.attempt ?? -1) ? [...known, missing] : known;
    const current = attempts.at(-1);
    const finished = current?.state === 'exited';
    const never = current === undefined || current.state === 'created';
    const waiting = never ? { reason: role === 'init' ? 'PodInitializing' : 'ContainerCreating' } : undefined;
    const { resources } = last?.find((status) => status.name === spec.name) ?? spec;
    return { spec, role, current, previous: attempts.at(-2), waiting, finished, resources };
  });
}

/** The end of a container that was reported before its record went away. */
function reported(
  spec: Container,
  role: SpecRole,
  last: readonly ContainerStatus[] | undefined,
): ObservedContainer | undefined {
  const status = last?.find((one) => one.name === spec.name);
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (!status?.containerID || !ended) return undefined;
  const time = (text: string | undefined) => (text ? Date.parse(text) : undefined);
  return {
    id: status.containerID.replace(/^docker:\/\//, ''),
    role,
    name: spec.name,
    attempt: status.restartCount,
    crashes: 0,
    sandboxId: '',
    sandboxAttempt: 0,
    specHash: '',
    image: status.image,
    imageId: status.imageID.replace(/^docker:\/\//, ''),
    state: 'exited',
    createdAtMs: time(ended.startedAt) ?? 0,
    startedAtMs: time(ended.startedAt),
    finishedAtMs: time(ended.finishedAt),
    exitCode: ended.exitCode,
    oomKilled: ended.reason === 'OOMKilled',
    vanished: ended.reason === 'ContainerStatusUnknown',
  };
}
