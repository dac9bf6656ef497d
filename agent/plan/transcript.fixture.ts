import { describe, expect, test } from 'vitest';
import { containerLimits } from '../container-spec.ts';
import type { Container, Pod, PodStatus } from '../pod-types.ts';
import { type Plan, planPod } from './plan.ts';
import { specHash } from './spec-hash.ts';
import type { DesiredPod, ObservedContainer, ObservedPod, ResizeRefusal } from './state.ts';
import type { Step } from './steps.ts';

/** When every transcript happens. */
export const NOW_MS = Date.parse('2030-01-01T00:10:00Z');

export const container = (name: string, more: Partial<Container> = {}): Container => ({
  name,
  image: `${name}:1`,
  imagePullPolicy: 'IfNotPresent',
  ...more,
});

export function podOf(spec: Partial<NonNullable<Pod['spec']>> = {}, metadata: Pod['metadata'] = {}): Pod {
  return {
    metadata: { namespace: 'default', name: 'web', uid: '11111111-2222', ...metadata },
    spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, containers: [container('app')], ...spec },
  };
}

/**
 * Containers in shorthand, one a word: `POD#0:running`, `app#1:exited(1)@-5` (ended five seconds ago with code 1), `!` before
 * a name for an init container and `?` before that of an ephemeral one, `/2` after the attempt for its count of crashes, `~1` for the sandbox' attempt it belongs to.
 */
export function containers(words: string, pod: Pod): ObservedContainer[] {
  return words
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => parse(word, pod));
}

function parse(word: string, pod: Pod): ObservedContainer {
  const match =
    /^([!?]?)([\w-]+)#(\d+)(?:\/(\d+))?(?:~(\d+))?:(created|running|exited)(?:\((-?\d+)\))?(?:@-(\d+))?$/.exec(word);
  if (!match) throw new Error(`not a container in shorthand: ${word}`);
  const [, mark, name = '', attempt, crashes, sandbox, state, code, ago] = match;
  const { initContainers = [], containers: apps = [], ephemeralContainers = [] } = pod.spec ?? {};
  const spec = [...initContainers, ...apps, ...ephemeralContainers].find((one) => one.name === name);
  const endedMs = NOW_MS - Number(ago ?? 1) * 1000;
  return {
    id: `id-${name}-${attempt}`,
    role: name === 'POD' ? 'sandbox' : mark === '!' ? 'init' : mark === '?' ? 'ephemeral' : 'app',
    name,
    attempt: Number(attempt),
    crashes: Number(crashes ?? attempt),
    sandboxId: name === 'POD' ? '' : `id-POD-${sandbox ?? 0}`,
    sandboxAttempt: name === 'POD' ? Number(attempt) : Number(sandbox ?? 0),
    specHash: spec ? specHash(spec) : '',
    image: spec?.image ?? 'pause',
    imageId: 'sha256:1',
    state: state as ObservedContainer['state'],
    createdAtMs: endedMs - 2000,
    ...(state !== 'created' && { startedAtMs: endedMs - 1000 }),
    ...(state === 'exited' && { finishedAtMs: endedMs, exitCode: Number(code ?? 0) }),
    ...(spec && { limits: containerLimits(spec) }),
    ...(name === 'POD' && state === 'running' && { ip: '10.0.0.2' }),
  };
}

export interface Scene {
  readonly pod: Pod;
  readonly seen: string;
  readonly wanted?: boolean;
  readonly observed?: Partial<ObservedPod>;
  readonly last?: PodStatus;
  readonly nowMs?: number;
  readonly resize?: ResizeRefusal;
}

/** Plans one scene; volumes are prepared unless it says otherwise. */
export function planScene({ pod, seen, wanted = true, observed, last, nowMs = NOW_MS, resize }: Scene): Plan {
  const desired: DesiredPod = { pod, wanted, sourcesVersion: 'v1' };
  const seenContainers = observed?.containers ?? containers(seen, pod);
  const state: ObservedPod = {
    containers: seenContainers,
    volumesVersion: 'v1',
    volumesOnDisk: true,
    images: new Map(),
    troubles: new Map(),
    stopping: new Map(),
    probes: new Map(),
    hooks: new Map(),
    // Read already, unless a scene is about that.
    lastWords: new Map(seenContainers.map(({ id }) => [id, ''])),
    ...observed,
  };
  return planPod(desired, state, { nowMs, hostIp: '192.0.2.1', last, limitsOf: containerLimits, resize });
}

/** Steps in words. */
export const words = (steps: readonly Step[]): string[] => steps.map(word);

function word(step: Step): string {
  switch (step.type) {
    case 'createSandbox':
      return `createSandbox #${step.attempt}`;
    case 'createContainer':
      return `createContainer ${step.container}#${step.attempt}`;
    case 'ensureImage':
      return `ensureImage ${step.image}`;
    case 'stopContainer':
      return `stopContainer ${step.id.slice(3)} ${step.graceSeconds}s`;
    case 'event':
      return `event ${step.reason}`;
    case 'prepareVolumes':
    case 'removeVolumes':
    case 'reportGone':
    case 'forget':
      return step.type;
    default:
      return `${step.type} ${step.id.slice(3)}`;
  }
}

/** A scene, the steps that it leads to in words, and when it is looked at again if nothing happens. */
type Row = readonly [what: string, scene: Scene, steps: readonly string[], wakeInMs?: number];

export function table(name: string, rows: readonly Row[]): void {
  describe(name, () => {
    for (const [what, scene, steps, wakeInMs] of rows) {
      test(what, () => {
        const plan = planScene(scene);
        expect(words(plan.steps)).toEqual(steps);
        expect(plan.wakeAtMs).toBe(wakeInMs === undefined ? undefined : (scene.nowMs ?? NOW_MS) + wakeInMs);
      });
    }
  });
}
