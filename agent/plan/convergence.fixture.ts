import { containerLimits } from '../container-spec.ts';
import type { Container, Pod, PodStatus } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import { planPod } from './plan.ts';
import { specHash } from './spec-hash.ts';
import type { HookState, ImageProgress, ObservedContainer, ObservedPod, Stopping } from './state.ts';
import { isOver } from './status.ts';
import type { Step } from './steps.ts';
import { NOW_MS } from './transcript.fixture.ts';

const MOST_ROUNDS = 80;

/** An engine and an agent's memory in a few lines: what each step does to what is seen. Programs run for ever unless `ends` says how. */
export class Bench {
  readonly containers: ObservedContainer[];
  /** Containers started beside another attempt at the same, or for the second time. */
  readonly doubles: string[] = [];
  /** Steps on containers that were not there when they were planned. */
  readonly strangers: string[] = [];
  /** Containers that still ran when the pod was said to be over. */
  readonly early: string[] = [];
  readonly done = new Set<Step['type']>();
  last: PodStatus | undefined;
  #nowMs = NOW_MS;
  #volumesVersion: string | undefined;
  #made = 0;
  readonly #stopping = new Map<string, Stopping>();
  readonly #hooks = new Map<string, HookState>();
  readonly #lastWords = new Map<string, string>();
  readonly #images = new Map<string, ImageProgress>();
  readonly #pod: Pod;
  readonly #ends: ReadonlyMap<string, number>;
  readonly #effects: { readonly [T in Step['type']]: (step: Extract<Step, { type: T }>) => void } = {
    createSandbox: ({ attempt }) => this.#make('POD', 'sandbox', attempt, { id: '', attempt }),
    createContainer: ({ container, role, attempt, sandbox }) => this.#make(container, role, attempt, sandbox),
    startSandbox: ({ id }) => this.#start(id),
    startContainer: ({ id }) => this.#start(id),
    stopContainer: ({ id, graceSeconds }) => {
      this.#stopping.set(id, { sinceMs: this.#nowMs, graceSeconds });
      this.#change(id, this.#ended(143));
    },
    killContainer: ({ id }) => this.#change(id, this.#ended(137)),
    removeContainer: ({ id }) => this.#remove(id),
    removeSandbox: ({ id }) => this.#remove(id),
    runPostStart: ({ id }) => this.#hooks.set(id, { state: 'done' }),
    resumeContainer: ({ id }) => this.#change(id, { paused: undefined }),
    readLastWords: ({ id }) => this.#lastWords.set(id, ''),
    resizeContainer: ({ id, limits }) => this.#change(id, { limits }),
    ensureImage: ({ container, attempt }) => this.#images.set(container, { attempt, state: 'pulled' }),
    prepareVolumes: ({ sourcesVersion }) => {
      this.#volumesVersion = sourcesVersion;
    },
    removeVolumes: () => {},
    reportGone: () => {},
    forget: () => {},
    event: () => {},
  };

  constructor(pod: Pod, seen: readonly ObservedContainer[], ends: ReadonlyMap<string, number>) {
    this.#pod = pod;
    this.containers = [...seen];
    this.#ends = ends;
  }

  /** Plans and does until nothing is left to do; time passes only while there is nothing but waiting. Throws when that never comes. */
  settle(wanted = true): void {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { steps, wakeAtMs } = this.#plan(wanted);
      this.#carryOut(steps);
      if (this.done.has('forget')) return;
      if (steps.some(({ type }) => type !== 'event') || this.#endPrograms()) continue;
      if (wakeAtMs === undefined) return;
      this.#nowMs = Math.max(this.#nowMs + 1, wakeAtMs);
    }
    const left = this.containers.map(({ id, state }) => `${id} ${state}`);
    throw new Error(`not settled after ${MOST_ROUNDS} rounds: ${left.join(', ')}`);
  }

  #plan(wanted: boolean) {
    const observed: ObservedPod = {
      ...{ containers: this.containers, stopping: this.#stopping, hooks: this.#hooks, lastWords: this.#lastWords },
      ...{ images: this.#images, probes: new Map(), troubles: new Map(), volumesVersion: this.#volumesVersion },
      volumesOnDisk: !this.done.has('removeVolumes'),
    };
    const desired = { pod: this.#pod, wanted, sourcesVersion: 'v1' };
    const context = { nowMs: this.#nowMs, hostIp: '192.0.2.1', last: this.last, limitsOf: containerLimits };
    const plan = planPod(desired, observed, context);
    this.last = plan.status;
    const running = this.containers.filter(({ role, state }) => role !== 'sandbox' && state === 'running');
    if (isOver(plan.status)) this.early.push(...running.map(({ id }) => id));
    return plan;
  }

  /** Steps of one plan are done at once. */
  #carryOut(steps: readonly Step[]): void {
    const there = [...this.containers];
    for (const step of steps) {
      if ('id' in step && !there.some(({ id }) => id === step.id)) this.strangers.push(`${step.type} ${step.id}`);
      if (step.type === 'startContainer') this.#checkStart(step.id, there);
      this.done.add(step.type);
      (this.#effects[step.type] as (step: Step) => void)(step);
    }
  }

  #checkStart(id: string, there: readonly ObservedContainer[]): void {
    const starting = there.find((one) => one.id === id);
    const twin = there.find((one) => one.id !== id && one.name === starting?.name && one.state === 'running');
    if (twin || starting?.state !== 'created') this.doubles.push(`${id} beside ${twin?.id}`);
  }

  /** Programs that were found running come to their end too. Returns whether one did. */
  #endPrograms(): boolean {
    const ending = this.containers.filter(({ name, state }) => state === 'running' && this.#ends.has(name));
    for (const { id, name } of ending) this.#change(id, this.#ended(this.#ends.get(name) ?? 0));
    return ending.length > 0;
  }

  #make(
    name: string,
    role: ObservedContainer['role'],
    attempt: number,
    sandbox: { readonly id: string; readonly attempt: number },
  ): void {
    const spec = specsOf(this.#pod).find((one) => one.name === name);
    this.#made += 1;
    this.containers.push({
      ...{ id: `made-${name}-${this.#made}`, name, role, attempt, crashes: attempt },
      ...{ sandboxId: sandbox.id, sandboxAttempt: sandbox.attempt, specHash: spec ? specHash(spec) : '' },
      ...{ image: spec?.image ?? 'pause', imageId: 'sha256:1', state: 'created', createdAtMs: this.#nowMs },
      limits: spec && containerLimits(spec),
    });
  }

  #start(id: string): void {
    const starting = this.containers.find((one) => one.id === id);
    if (!starting) return;
    const code = this.#ends.get(starting.name);
    const ran = code === undefined ? { state: 'running' as const } : this.#ended(code);
    this.#change(id, { startedAtMs: this.#nowMs, ip: '10.0.0.2', ...ran });
  }

  #ended = (exitCode: number) => ({ state: 'exited' as const, exitCode, finishedAtMs: this.#nowMs });

  #change(id: string, change: Partial<ObservedContainer>): void {
    const at = this.containers.findIndex((one) => one.id === id);
    const before = this.containers[at];
    if (before) this.containers[at] = { ...before, ...change };
  }

  #remove(id: string): void {
    const at = this.containers.findIndex((one) => one.id === id);
    if (at >= 0) this.containers.splice(at, 1);
  }
}

export const specsOf = (pod: Pod): Container[] => [...(specOf(pod).initContainers ?? []), ...specOf(pod).containers];
