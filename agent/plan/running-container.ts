import type { Container } from '../pod-types.ts';
import { graceSeconds } from '../pod-types.ts';
import type { ContainerLimits } from '../runtime.ts';
import type { ContainerContext, ContainerView, Decision } from './container.ts';
import { specHash } from './spec-hash.ts';
import { type ObservedContainer, resizeTrouble } from './state.ts';
import type { Step } from './steps.ts';

/** A container that runs: it is let run, its hook is run and its limits are kept true; or it is asked to end, with a reason. */
export function keepRunning(view: ContainerView, current: ObservedContainer, context: ContainerContext): Decision {
  const end = reasonToEnd(view, current, context);
  if (end) return { view, steps: stop(current, context, end) };
  const hook = context.observed.hooks.get(current.id);
  const postStart: Step[] =
    hook?.state === 'due' ? [{ type: 'runPostStart', container: current.name, id: current.id }] : [];
  const resize = resized(view, current, context);
  return { view, steps: [...postStart, ...resize.steps], wakeAtMs: resize.wakeAtMs };
}

interface End {
  /** For people. */
  readonly why: string;
  readonly graceSeconds?: number;
}

function reasonToEnd(view: ContainerView, current: ObservedContainer, context: ContainerContext): End | undefined {
  const { observed, sandbox } = context;
  if (isOutdated(view)) return { why: 'its definition has changed' };
  if (isElsewhere(current, sandbox)) return { why: "its pod's sandbox has been replaced" };
  const hook = observed.hooks.get(current.id);
  if (hook?.state === 'failed') return { why: 'its postStart hook failed' };
  const failed = observed.probes.get(current.id)?.failed;
  if (failed) return { why: `it failed its ${failed.probe} probe`, graceSeconds: failed.graceSeconds };
  return restartsToResize(view.spec, current, context) ? { why: 'its resources have changed' } : undefined;
}

export const isOutdated = ({ spec, current }: ContainerView): boolean =>
  current !== undefined && !current.vanished && current.specHash !== specHash(spec);

/** Whether it belongs to a sandbox that is no more. */
export const isElsewhere = (current: ObservedContainer, sandbox: ObservedContainer | undefined): boolean =>
  sandbox !== undefined && current.sandboxId !== sandbox.id;

/** Asks a container to end, once; the engine sees to the grace. */
function stop(current: ObservedContainer, context: ContainerContext, { why, graceSeconds: own }: End): Step[] {
  if (context.observed.stopping.has(current.id)) return [];
  const grace = own ?? graceSeconds(context.pod);
  return [{ type: 'stopContainer', container: current.name, id: current.id, graceSeconds: grace, why }];
}

/** The resources of which a running container's limits differ from those it is granted. */
export function changedResources(
  current: ObservedContainer,
  limits: ContainerLimits | undefined,
): ('cpu' | 'memory')[] {
  const now = current.limits;
  if (!now || !limits) return [];
  const cpu = now.cpuShares !== limits.cpuShares || now.cpuQuotaUs !== limits.cpuQuotaUs;
  return [...(cpu ? (['cpu'] as const) : []), ...(now.memoryBytes !== limits.memoryBytes ? (['memory'] as const) : [])];
}

/** What the pod asks for, once it is granted and done; until then what was in force before. */
export function resourcesInForce(
  spec: Container,
  current: ObservedContainer | undefined,
  { limits, last }: ContainerContext,
): Container['resources'] {
  const settled = current?.state !== 'running' || (limits && changedResources(current, limits).length === 0);
  return settled ? spec.resources : (last?.resources ?? spec.resources);
}

/** Kubernetes, "Resize CPU and Memory Resources assigned to Containers", "Container resize policies". */
function restartsToResize(spec: Container, current: ObservedContainer, { limits }: ContainerContext): boolean {
  const changed = changedResources(current, limits);
  const policies = spec.resizePolicy ?? [];
  return policies.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' && changed.some((resource) => resource === resourceName),
  );
}

function resized(
  { spec }: ContainerView,
  current: ObservedContainer,
  { limits, observed, nowMs }: ContainerContext,
): { steps: Step[]; wakeAtMs?: number } {
  if (!limits || changedResources(current, limits).length === 0) return { steps: [] };
  const trouble = observed.troubles.get(resizeTrouble(spec.name));
  if (trouble && trouble.retryAtMs > nowMs) return { steps: [], wakeAtMs: trouble.retryAtMs };
  return { steps: [{ type: 'resizeContainer', container: spec.name, id: current.id, limits }] };
}
