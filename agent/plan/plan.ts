import { isSidecar } from '../../api/core/pod-resources.ts';
import type { Container, PodStatus } from '../pod-types.ts';
import { graceSeconds, specOf } from '../pod-types.ts';
import type { ContainerLimits } from '../runtime.ts';
import { type ContainerView, type Decision, decideContainer, hasPassed } from './container.ts';
import { endContainers } from './ending.ts';
import { decideEphemerals } from './ephemeral.ts';
import { statusEvents } from './events.ts';
import { healthOf } from './health.ts';
import { unreadLastWords } from './last-words.ts';
import { decideSandbox } from './sandbox.ts';
import type { DesiredPod, ObservedContainer, ObservedPod, ResizeRefusal } from './state.ts';
import { endedPhase, isOver, type PodOutcome, podStatus } from './status.ts';
import type { Step } from './steps.ts';
import { decideVolumes, earliest, viewsAtRest } from './surroundings.ts';

export interface PlanContext {
  readonly nowMs: number;
  /** Address of this machine, for `status.hostIP`. */
  readonly hostIp: string;
  /** The status as last planned or, at first, as the API has it. */
  readonly last: PodStatus | undefined;
  /** What a container of the pod may use by its spec. */
  readonly limitsOf: (spec: Container) => ContainerLimits;
  /** Why changed resources are not granted; undefined: they are. */
  readonly resize?: ResizeRefusal;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly status: PodStatus;
  /** When to plan again though nothing happened. */
  readonly wakeAtMs?: number;
}

/**
 * Decides what to do about one pod now. Pure: the same arguments give the same plan. Steps of one plan are independent of each
 * other; when all are done (or something else happened) the pod is observed and planned again, until there is nothing to do.
 *
 * A pod is in one of three parts of its life: running (make and keep containers), over (all containers have ended for good;
 * they are kept for their logs), or ending (being deleted, or unknown to the API: everything goes).
 */
export function planPod(desired: DesiredPod, observed: ObservedPod, context: PlanContext): Plan {
  const plan = partOfLife(desired, observed, context);
  const events = statusEvents(desired.pod, context.last, plan.status);
  const resumes = pausedContainers(observed);
  if (resumes.length > 0) return { ...plan, steps: [...resumes, ...events] };
  return { ...plan, steps: [...plan.steps, ...unreadLastWords(observed), ...events] };
}

/** A container that somebody else has paused neither runs nor can it be asked to end: before anything else it goes on. */
const pausedContainers = ({ containers }: ObservedPod): Step[] =>
  containers
    .filter(({ state, paused }) => state === 'running' && paused)
    .map(({ id, name }) => ({ type: 'resumeContainer', container: name, id }));

function partOfLife(desired: DesiredPod, observed: ObservedPod, context: PlanContext): Plan {
  const { pod, wanted } = desired;
  if (!wanted || pod.metadata?.deletionTimestamp) return planEnding(desired, observed, context);
  if (isOver(context.last)) return planOver(desired, observed, context, {}, observed.ending?.graceSeconds);
  const outcome = outcomeOf(observed);
  if (outcome) return planOver(desired, observed, context, outcome, observed.ending?.graceSeconds);
  const deadlineMs = activeDeadlineMs(desired, context);
  if (deadlineMs !== undefined && context.nowMs >= deadlineMs) {
    const message = `the pod was active for longer than its activeDeadlineSeconds (${specOf(pod).activeDeadlineSeconds})`;
    return planOver(desired, observed, context, { phase: 'Failed', reason: 'DeadlineExceeded', message });
  }
  const plan = planRunning(desired, observed, context);
  return { ...plan, wakeAtMs: earliest(plan.wakeAtMs, deadlineMs) };
}

/** Of a pod that the agent itself must end. */
function outcomeOf({ ending }: ObservedPod): PodOutcome | undefined {
  return ending && { phase: 'Failed', reason: ending.reason, message: ending.message };
}

function activeDeadlineMs({ pod }: DesiredPod, { last, nowMs }: PlanContext): number | undefined {
  const seconds = specOf(pod).activeDeadlineSeconds;
  if (seconds === undefined) return undefined;
  const startTime = last?.startTime ?? pod.status?.startTime;
  return (startTime ? Date.parse(startTime) : nowMs) + seconds * 1000;
}

/** Makes sandbox, volumes and containers, and keeps them. */
function planRunning(desired: DesiredPod, observed: ObservedPod, context: PlanContext): Plan {
  const { pod } = desired;
  const sandbox = decideSandbox(observed, context.nowMs, graceSeconds(pod));
  const volumes = decideVolumes(desired, observed, context.nowMs);
  const inits = decideInits(desired, observed, context, sandbox.usable);
  const apps = decideApps(desired, observed, context, sandbox.usable, inits.done);
  const ephemerals = decideEphemerals(desired, observed, context, sandbox.usable);
  const decisions = [...inits.decisions, ...apps, ...ephemerals];
  const phase = inits.failed ? 'Failed' : endedPhase(apps.map((decision) => decision.view));
  if (phase) return planOver(desired, observed, context, { phase });
  // While the old sandbox goes, nothing is made in it.
  const containerSteps = sandbox.replacing ? [] : decisions.flatMap((decision) => decision.steps);
  return {
    steps: [...sandbox.steps, ...volumes.steps, ...containerSteps],
    status: podStatus(desired, observed, context, views(inits.decisions), views(apps), {}, views(ephemerals)),
    wakeAtMs: earliest(sandbox.wakeAtMs, volumes.wakeAtMs, ...decisions.map((decision) => decision.wakeAtMs)),
  };
}

const views = (decisions: readonly Decision[]): ContainerView[] => decisions.map((decision) => decision.view);

interface InitDecisions {
  readonly decisions: readonly Decision[];
  /** All have done their part: the containers proper may start. */
  readonly done: boolean;
  /** One failed for good. */
  readonly failed: boolean;
}

/**
 * Init containers run one after the other; the next one's turn comes when the one before has ended well, or, for a sidecar,
 * has started (Kubernetes, "Init Containers" and "Sidecar Containers").
 */
function decideInits(
  { pod }: DesiredPod,
  observed: ObservedPod,
  context: PlanContext,
  sandbox: ObservedContainer | undefined,
): InitDecisions {
  const { last } = context;
  const decisions: Decision[] = [];
  const begun = appsBegun(observed, sandbox);
  let turn = true;
  let failed = false;
  for (const spec of specOf(pod).initContainers ?? []) {
    const lastStatus = last?.initContainerStatuses?.find((status) => status.name === spec.name);
    const sidecar = isSidecar(spec);
    if (begun && !sidecar) {
      // What comes after is under way: this one has done its part and is not run again in this sandbox.
      const view = viewsAtRest([spec], 'init', observed, lastStatus ? [lastStatus] : undefined)[0];
      if (view) decisions.push({ view: { ...view, finished: true, passed: true }, steps: [] });
      continue;
    }
    const about = { pod, observed, last: lastStatus, sandbox, turn, ...granted(spec, context) };
    const decision = decideContainer(spec, 'init', about);
    decisions.push(decision);
    const { current, finished } = decision.view;
    const started = sidecar && healthOf(spec, current, observed).started;
    failed ||= finished && current?.exitCode !== 0;
    turn &&= begun || started || hasPassed(decision.view);
  }
  return { decisions, done: turn, failed };
}

const appsBegun = (observed: ObservedPod, sandbox: ObservedContainer | undefined): boolean =>
  observed.containers.some((one) => one.role === 'app' && one.sandboxId === sandbox?.id);

function decideApps(
  { pod }: DesiredPod,
  observed: ObservedPod,
  context: PlanContext,
  sandbox: ObservedContainer | undefined,
  turn: boolean,
): Decision[] {
  const { last } = context;
  return specOf(pod).containers.map((spec) => {
    const lastStatus = last?.containerStatuses?.find((status) => status.name === spec.name);
    const about = { pod, observed, last: lastStatus, sandbox, turn, ...granted(spec, context) };
    return decideContainer(spec, 'app', about);
  });
}

const granted = (spec: Container, { nowMs, limitsOf, resize }: PlanContext) => ({
  nowMs,
  limits: resize ? undefined : limitsOf(spec),
});

/**
 * All is over, or must be: what still runs is ended, the sandbox goes, ended containers stay for their logs. The phase is final only
 * once nothing runs any more, so that nobody puts another pod where this one still is (Kubernetes, "Pod Lifecycle", "Pod phase"), and
 * once all that containers have left to say is known, since who waits for the end looks no more than once.
 */
function planOver(
  desired: DesiredPod,
  observed: ObservedPod,
  context: PlanContext,
  outcome: PodOutcome,
  mostGraceSeconds = Number.POSITIVE_INFINITY,
): Plan {
  const spec = specOf(desired.pod);
  const initViews = viewsAtRest(spec.initContainers ?? [], 'init', observed, context.last?.initContainerStatuses);
  const appViews = viewsAtRest(spec.containers, 'app', observed, context.last?.containerStatuses);
  const grace = Math.min(graceSeconds(desired.pod), mostGraceSeconds);
  const ending = endContainers(desired.pod, observed, grace, context.nowMs, outcome.message);
  const sandboxes = observed.containers.filter((one) => one.role === 'sandbox');
  const removals: Step[] = ending.running ? [] : sandboxes.map(({ id }) => ({ type: 'removeSandbox', id }));
  const settled = !ending.running && unreadLastWords(observed).length === 0;
  const isFinal = settled || isOver(context.last);
  return {
    steps: [...ending.steps, ...removals],
    status: podStatus(
      desired,
      observed,
      context,
      initViews,
      appViews,
      isFinal ? outcome : { phase: context.last?.phase },
      ephemeralsAtRest(desired, observed, context),
    ),
    wakeAtMs: ending.wakeAtMs,
  };
}

const ephemeralsAtRest = ({ pod }: DesiredPod, observed: ObservedPod, { last }: PlanContext): ContainerView[] =>
  viewsAtRest(specOf(pod).ephemeralContainers ?? [], 'ephemeral', observed, last?.ephemeralContainerStatuses);

/**
 * A pod that the API does not know any more was removed by force, or has been replaced elsewhere: nobody waits for it, and it
 * is given only a moment (Kubernetes, "Pod Lifecycle", forced pod termination).
 */
const UNKNOWN_GRACE_SECONDS = 2;

/** Ends and removes everything, in this order: containers, sidecars, all that is left of them, volumes, the pod itself. */
function planEnding(desired: DesiredPod, observed: ObservedPod, context: PlanContext): Plan {
  const { pod } = desired;
  const spec = specOf(pod);
  const grace = pod.metadata?.deletionTimestamp
    ? graceSeconds(pod)
    : Math.min(graceSeconds(pod), UNKNOWN_GRACE_SECONDS);
  const ending = endContainers(pod, observed, grace, context.nowMs);
  const steps: Step[] = [...ending.steps];
  // Whoever waits for the pod's end is told how it was.
  if (!ending.running && unreadLastWords(observed).length === 0) steps.push(...removeAll(observed));
  const gone = observed.containers.length === 0;
  if (gone && observed.volumesOnDisk) steps.push({ type: 'removeVolumes' });
  else if (gone)
    steps.push(...(pod.metadata?.deletionTimestamp ? [{ type: 'reportGone' } as const] : []), { type: 'forget' });
  const initViews = viewsAtRest(spec.initContainers ?? [], 'init', observed, context.last?.initContainerStatuses);
  const appViews = viewsAtRest(spec.containers, 'app', observed, context.last?.containerStatuses);
  const outcome =
    ending.running || isOver(context.last) ? {} : (outcomeOf(observed) ?? { phase: endedPhase(appViews) });
  const ephemerals = ephemeralsAtRest(desired, observed, context);
  const status = podStatus(desired, observed, context, initViews, appViews, outcome, ephemerals);
  return { steps, status, wakeAtMs: ending.wakeAtMs };
}

function removeAll(observed: ObservedPod): Step[] {
  return observed.containers.map(({ role, id, name }) =>
    role === 'sandbox' ? { type: 'removeSandbox', id } : { type: 'removeContainer', container: name, id },
  );
}
