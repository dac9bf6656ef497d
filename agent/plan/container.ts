import { isSidecar } from '../../api/core/pod-resources.ts';
import type { Container, ContainerStatus, Pod } from '../pod-types.ts';
import { podKey, specOf } from '../pod-types.ts';
import type { ContainerLimits } from '../runtime.ts';
import { crashesAfter, restartDelayMs } from './backoff.ts';
import { isElsewhere, isOutdated, keepRunning, resourcesInForce } from './running-container.ts';
import { containerTrouble, type ObservedContainer, type ObservedPod, type SpecRole, VOLUMES_TROUBLE } from './state.ts';
import type { CreateContainer, Step } from './steps.ts';

/** What one container of a pod is doing and what, if anything, is to be done about it. */
export interface ContainerView {
  readonly spec: Container;
  readonly role: SpecRole;
  /** The latest attempt, and the one before it. */
  readonly current: ObservedContainer | undefined;
  readonly previous: ObservedContainer | undefined;
  /** Why it does not run though it should. */
  readonly waiting: { readonly reason: string; readonly message?: string } | undefined;
  /** It has ended and will not be started again. */
  readonly finished: boolean;
  /** What comes after it has begun: it has done its part, whatever is left of it in the engine. */
  readonly passed?: boolean;
  /** Requests and limits that are in force. */
  readonly resources: Container['resources'];
}

/** An init container that has ended well. */
export const hasPassed = ({ passed, finished, current }: ContainerView): boolean =>
  passed || (finished && current?.exitCode === 0);

export interface Decision {
  readonly view: ContainerView;
  readonly steps: readonly Step[];
  /** When to look again though nothing happened. */
  readonly wakeAtMs?: number;
}

export interface ContainerContext {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  /** Status of the container as last reported. */
  readonly last: ContainerStatus | undefined;
  readonly nowMs: number;
  /** The sandbox to run in, once it is made. */
  readonly sandbox: ObservedContainer | undefined;
  /** Whether its turn has come: init containers go first, one after the other. */
  readonly turn: boolean;
  /** The container among whose processes it runs: its id. */
  readonly target?: string;
  /** What it is granted; undefined: what it has is not to be changed. */
  readonly limits?: ContainerLimits;
}

/** Decides on one container of a pod that is to run. */
export function decideContainer(spec: Container, role: SpecRole, context: ContainerContext): Decision {
  const known = attemptsOf(spec.name, role, context.observed);
  const missing = vanished(spec, role, known.at(-1), context);
  const attempts = missing ? [...known, missing] : known;
  const steps = tidy(attempts);
  const current = attempts.at(-1);
  const resources = resourcesInForce(spec, current, context);
  const view = { spec, role, current, previous: attempts.at(-2), waiting: undefined, finished: false, resources };
  // While an earlier attempt runs, the next is not started: nothing runs twice.
  const alone = !attempts.slice(0, -1).some((old) => old.state === 'running');
  const decided = whatNext(view, alone ? context : { ...context, turn: false });
  return { ...decided, steps: [...steps, ...decided.steps] };
}

/** Attempts at running a container, first to last. */
export function attemptsOf(name: string, role: SpecRole, observed: ObservedPod): ObservedContainer[] {
  return observed.containers
    .filter((container) => container.name === name && container.role === role)
    .sort((a, b) => a.attempt - b.attempt || a.createdAtMs - b.createdAtMs);
}

/** Only the latest attempt may run, and only it and the one before it are kept, for `logs --previous`. */
function tidy(attempts: readonly ObservedContainer[]): Step[] {
  const steps: Step[] = [];
  for (const old of attempts.slice(0, -1)) {
    if (old.state === 'running') steps.push({ type: 'killContainer', container: old.name, id: old.id });
  }
  for (const old of attempts.slice(0, -2)) {
    if (old.state !== 'running') steps.push({ type: 'removeContainer', container: old.name, id: old.id });
  }
  return steps;
}

function whatNext(view: ContainerView, context: ContainerContext): Decision {
  const { current } = view;
  if (!current)
    return context.turn ? make(view, 0, 0, context) : { view: { ...view, waiting: initializing }, steps: [] };
  if (current.state === 'running') return keepRunning(view, current, context);
  if (current.state === 'created') return begin(view, current, context);
  return again(view, current, context);
}

const initializing = { reason: 'PodInitializing' };
const creating = { reason: 'ContainerCreating' };

/** A made container is started once its sandbox runs; one that no longer fits is made anew. */
function begin(view: ContainerView, current: ObservedContainer, context: ContainerContext): Decision {
  const { sandbox, nowMs } = context;
  if (isOutdated(view) || isElsewhere(current, sandbox)) {
    const remove: Step = { type: 'removeContainer', container: current.name, id: current.id };
    return { view: { ...view, waiting: creating }, steps: [remove] };
  }
  const trouble = context.observed.troubles.get(containerTrouble(current.name));
  if (trouble && trouble.retryAtMs > nowMs) {
    return { view: { ...view, waiting: trouble }, steps: [], wakeAtMs: trouble.retryAtMs };
  }
  const ready = sandbox?.state === 'running' && context.turn;
  const start: Step = { type: 'startContainer', container: current.name, id: current.id };
  return { view: { ...view, waiting: creating }, steps: ready ? [start] : [] };
}

/** After an end: nothing, or another attempt, at once or after a back-off (Kubernetes, "Pod Lifecycle"). */
function again(view: ContainerView, current: ObservedContainer, context: ContainerContext): Decision {
  if (!shouldRestart(view, current, context)) return { view: { ...view, finished: true }, steps: [] };
  if (!context.turn) return { view, steps: [] };
  const delayMs = restartDelayMs(current);
  const resumeAtMs = (current.finishedAtMs ?? context.nowMs) + delayMs;
  if (resumeAtMs <= context.nowMs) return make(view, current.attempt + 1, crashesAfter(current), context);
  const { name, namespace, uid } = podKey(context.pod);
  const message = `the container "${view.spec.name}" of pod ${namespace}/${name} (${uid}) ended; it starts again ${delayMs / 1000}s after its end`;
  const waiting = { reason: 'CrashLoopBackOff', message };
  return { view: { ...view, waiting }, steps: [], wakeAtMs: resumeAtMs };
}

export function shouldRestart(view: ContainerView, current: ObservedContainer, context: ContainerContext): boolean {
  const policy = view.spec.restartPolicy ?? specOf(context.pod).restartPolicy ?? 'Always';
  if (view.role === 'ephemeral') return false;
  if (isSidecar(view.spec)) return true;
  if (view.role === 'init') {
    // A new sandbox runs the init containers again, whatever became of them in the one before.
    if (current.exitCode === 0) return isElsewhere(current, context.sandbox);
    return policy !== 'Never';
  }
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && current.exitCode !== 0;
}

/** Gets what a new attempt needs, in order: image, sandbox, volumes; then makes the container. */
function make(view: ContainerView, attempt: number, crashes: number, context: ContainerContext): Decision {
  const { spec, role } = view;
  const { observed, sandbox, nowMs } = context;
  const trouble = observed.troubles.get(containerTrouble(spec.name));
  if (trouble && trouble.retryAtMs > nowMs) {
    return { view: { ...view, waiting: trouble }, steps: [], wakeAtMs: trouble.retryAtMs };
  }
  // While a try is under way after a failure, the failure stays what people see.
  const waiting = trouble ?? (attempt === 0 ? creating : undefined);
  const waitingView = { ...view, waiting };
  const progress = observed.images.get(spec.name);
  const image = progress?.attempt === attempt ? progress.state : undefined;
  if (image === 'pulling') return { view: waitingView, steps: [] };
  if (image === 'absent' || (spec.imagePullPolicy === 'Always' && image !== 'pulled')) {
    const pull: Step = { type: 'ensureImage', container: spec.name, image: spec.image ?? '', attempt };
    return { view: waitingView, steps: [pull] };
  }
  if (!sandbox || sandbox.state === 'exited' || observed.volumesVersion === undefined) {
    return { view: { ...view, waiting: waiting ?? volumeTrouble(observed) }, steps: [] };
  }
  if (needsPodIp(spec) && !sandbox.ip && !specOf(context.pod).hostNetwork) return { view: waitingView, steps: [] };
  const place = { id: sandbox.id, attempt: sandbox.attempt };
  const create: CreateContainer = {
    type: 'createContainer',
    role,
    container: spec.name,
    attempt,
    crashes,
    sandbox: place,
    ...(context.target !== undefined && { target: context.target }),
  };
  return { view: waitingView, steps: [create] };
}

function volumeTrouble(observed: ObservedPod): ContainerView['waiting'] {
  const trouble = observed.troubles.get(VOLUMES_TROUBLE);
  return trouble && { reason: 'ContainerCreating', message: trouble.message };
}

/** Whether its environment speaks of the pod's address, which is known only once the sandbox runs. */
function needsPodIp(spec: Container): boolean {
  return (spec.env ?? []).some(({ valueFrom }) => valueFrom?.fieldRef?.fieldPath?.startsWith('status.podIP'));
}

/**
 * An attempt that was reported, is later than any `known` one, and is in the engine no more: somebody removed it. It counts as
 * ended in an unknown way (Kubernetes' ContainerStatusUnknown), so that restart policy and restart count go on as if it had
 * been killed.
 */
function vanished(
  spec: Container,
  role: SpecRole,
  known: ObservedContainer | undefined,
  context: ContainerContext,
): ObservedContainer | undefined {
  const { last, nowMs } = context;
  if (!last?.containerID || (known && known.attempt >= last.restartCount)) return undefined;
  const ended = last.state?.terminated ?? (last.state?.running ? undefined : last.lastState?.terminated);
  const startedAt = ended?.startedAt ?? last.state?.running?.startedAt;
  return {
    id: last.containerID.replace(/^docker:\/\//, ''),
    role,
    name: spec.name,
    attempt: last.restartCount,
    crashes: last.restartCount,
    sandboxId: context.sandbox?.id ?? '',
    sandboxAttempt: context.sandbox?.attempt ?? 0,
    specHash: '',
    image: last.image,
    imageId: last.imageID.replace(/^docker:\/\//, ''),
    state: 'exited',
    createdAtMs: startedAt ? Date.parse(startedAt) : nowMs,
    startedAtMs: startedAt ? Date.parse(startedAt) : undefined,
    finishedAtMs: ended?.finishedAt ? Date.parse(ended.finishedAt) : nowMs,
    exitCode: ended?.exitCode ?? 137,
    vanished: true,
  };
}
