import { type ObservedContainer, type ObservedPod, SANDBOX_TROUBLE } from './state.ts';
import type { Step } from './steps.ts';

export interface SandboxDecision {
  readonly steps: readonly Step[];
  /** Made, and running or about to. */
  readonly usable: ObservedContainer | undefined;
  /** The sandbox has died: what ran in it must end before another is made. */
  readonly replacing: boolean;
  readonly wakeAtMs?: number;
}

/** Keeps one pause container alive: the pod's network lives as long as it does. */
export function decideSandbox(observed: ObservedPod, nowMs: number, graceSeconds: number): SandboxDecision {
  const sandboxes = observed.containers.filter((one) => one.role === 'sandbox').sort((a, b) => a.attempt - b.attempt);
  const sandbox = sandboxes.at(-1);
  const old: Step[] = sandboxes.slice(0, -1).map(({ id }) => ({ type: 'removeSandbox', id }));
  if (!sandbox) {
    const attempt = 1 + Math.max(-1, ...observed.containers.map((one) => one.sandboxAttempt));
    return attempted(observed, nowMs, { steps: [...old, { type: 'createSandbox', attempt }], usable: undefined });
  }
  if (sandbox.state === 'exited') return { ...replace(sandbox, observed, graceSeconds, old), replacing: true };
  if (sandbox.state === 'running') return { steps: old, usable: sandbox, replacing: false };
  const start: Step = { type: 'startSandbox', id: sandbox.id };
  return attempted(observed, nowMs, { steps: [...old, start], usable: sandbox });
}

/** Holds the steps back while the last failure is too recent. */
function attempted(
  observed: ObservedPod,
  nowMs: number,
  decision: Pick<SandboxDecision, 'steps' | 'usable'>,
): SandboxDecision {
  const trouble = observed.troubles.get(SANDBOX_TROUBLE);
  if (!trouble || trouble.retryAtMs <= nowMs) return { ...decision, replacing: false };
  return { steps: [], usable: decision.usable, replacing: false, wakeAtMs: trouble.retryAtMs };
}

function replace(
  sandbox: ObservedContainer,
  observed: ObservedPod,
  graceSeconds: number,
  old: readonly Step[],
): Pick<SandboxDecision, 'steps' | 'usable'> {
  const orphans = observed.containers.filter((one) => one.role !== 'sandbox' && one.state === 'running');
  if (orphans.length === 0) return { steps: [...old, { type: 'removeSandbox', id: sandbox.id }], usable: undefined };
  const stops: Step[] = orphans
    .filter(({ id }) => !observed.stopping.has(id))
    .map(({ id, name }) => ({ type: 'stopContainer', container: name, id, graceSeconds }));
  return { steps: [...old, ...stops], usable: undefined };
}
