import { beforeEach, describe, expect, test } from 'vitest';
import type { Probe } from '../../api/core/probe.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../platform/rng.ts';
import type { HookState, ObservedContainer, ProbeVerdict } from '../plan/state.ts';
import type { Container, Pod, PodStatus } from '../pod-types.ts';
import type { ExecResult } from '../runtime.ts';
import { probeFamilies } from './probe-metrics.ts';
import { Probers } from './probers.ts';

type Answer = 'ok' | 'bad' | 'hang' | 'stuck';
const probe = (what: string, more: Partial<Probe> = {}): Probe => ({
  exec: { command: [what] },
  ...{ periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 },
  ...more,
});

/** A pod with one container, `app`, whose probes answer as told. */
class Scene {
  readonly clock = new ManualClock();
  /** When each probe was asked, in seconds: `readiness@10`. */
  readonly asked: string[] = [];
  readonly told: string[] = [];
  readonly answers: Record<string, Answer> = {};
  readonly memory = {
    probes: new Map<string, ProbeVerdict>(),
    stopping: new Map<string, object>(),
    hooks: new Map<string, HookState>(),
  };
  /** Ends what pays no attention to being given up. */
  readonly stuck = Promise.withResolvers<void>();
  woken = 0;
  open = 0;
  mostOpen = 0;
  readonly probers: Probers;
  private readonly startMs: number;

  constructor() {
    this.startMs = this.clock.now();
    this.probers = new Probers({ runtime: this, clock: this.clock, rng: seededRng(1) });
  }

  async exec(_id: string, [what = '']: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    this.asked.push(`${what}@${(this.clock.now() - this.startMs) / 1000}`);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      const answer = this.answers[what] ?? 'ok';
      if (answer === 'stuck') await this.stuck.promise;
      if (answer === 'hang') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal)));
      return { exitCode: answer === 'ok' ? 0 : 1, output: answer };
    } finally {
      this.open -= 1;
    }
  }

  look(spec: Partial<Container>, options: { state?: 'running' | 'exited'; deleted?: boolean; last?: PodStatus } = {}) {
    const { state = 'running', deleted, last } = options;
    const deletionTimestamp = deleted ? '2030-01-01T00:00:00Z' : undefined;
    const pod: Pod = {
      metadata: { uid: 'u', name: 'p', namespace: 'd', deletionTimestamp },
      spec: { containers: [{ name: 'app', ...spec }] },
    };
    const container = { id: 'c1', name: 'app', role: 'app', state, startedAtMs: this.startMs } as ObservedContainer;
    const work = {
      pod,
      memory: this.memory,
      surroundings: () => ({ podIp: '10.0.0.1', hostIp: '192.0.2.1' }),
      event: ({ message }: { message: string }) => this.told.push(message),
      wake: () => {
        this.woken += 1;
      },
    };
    this.probers.watch(work, [container], last);
  }

  get verdict(): ProbeVerdict | undefined {
    return this.memory.probes.get('c1');
  }

  pass(seconds: number): Promise<void> {
    return this.clock.advance(seconds * 1_000);
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

describe('the probes of a container', () => {
  test('are asked once per period, and wake the pod only when the verdict changes', async () => {
    scene.look({ readinessProbe: probe('readiness') });
    expect(scene.verdict).toEqual({ started: true, ready: false });
    await scene.pass(31);
    expect(scene.asked).toEqual(['readiness@0', 'readiness@10', 'readiness@20', 'readiness@30']);
    expect(scene.verdict).toEqual({ started: true, ready: true });
    expect(scene.woken).toBe(1);
    scene.answers.readiness = 'bad';
    await scene.pass(30);
    expect(scene.woken).toBe(2);
    expect(scene.verdict?.ready).toBe(false);
    expect(scene.told).toEqual(Array(3).fill('Readiness probe failed: bad'));
    const [family] = probeFamilies(scene.probers.tallies());
    const labels = '{probe_type="Readiness",result="failed",container="app",pod="p",namespace="d",pod_uid="u"}';
    expect(family?.samples).toContainEqual({ labels, value: 3 });
  });

  test('wait for their initial delay, counted from the start of the container', async () => {
    await scene.pass(4);
    scene.look({ livenessProbe: probe('liveness', { initialDelaySeconds: 7 }) });
    await scene.pass(10);
    expect(scene.asked).toEqual(['liveness@7']);
  });

  test('wait for the postStart hook', async () => {
    const spec = { livenessProbe: probe('liveness') };
    scene.memory.hooks.set('c1', { state: 'running' });
    scene.look(spec);
    await scene.pass(5);
    expect(scene.asked).toEqual([]);
    scene.memory.hooks.set('c1', { state: 'done' });
    scene.look(spec);
    await scene.pass(0);
    expect(scene.asked).toEqual(['liveness@5']);
  });

  test('wait for the startup probe, which is not asked again', async () => {
    scene.answers.startup = 'bad';
    const startupProbe = probe('startup', { periodSeconds: 1, failureThreshold: 30 });
    scene.look({ startupProbe, readinessProbe: probe('readiness'), livenessProbe: probe('liveness') });
    await scene.pass(3);
    expect(scene.asked).toEqual(['startup@0', 'startup@1', 'startup@2', 'startup@3']);
    expect(scene.verdict).toEqual({ started: false, ready: false });
    scene.answers.startup = 'ok';
    await scene.pass(11);
    expect(scene.asked.slice(4)).toEqual(['startup@4', 'readiness@4', 'liveness@4', 'readiness@14', 'liveness@14']);
    expect(scene.verdict).toEqual({ started: true, ready: true });
  });

  test('that end a container rest once they have failed', async () => {
    scene.answers.liveness = 'bad';
    const graceSeconds = 5;
    const livenessProbe = probe('liveness', { periodSeconds: 1, terminationGracePeriodSeconds: graceSeconds });
    scene.look({ livenessProbe, readinessProbe: probe('readiness') });
    await scene.pass(20);
    expect(scene.verdict?.failed).toEqual({ probe: 'liveness', graceSeconds });
    expect(scene.asked.filter((line) => line.startsWith('liveness'))).toHaveLength(3);
    expect(scene.asked).toContain('readiness@20');
  });

  test('that hang fail at their timeout, and never overlap', async () => {
    scene.answers.readiness = 'hang';
    scene.look({ readinessProbe: probe('readiness', { periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 1 }) });
    await scene.pass(16);
    expect(scene.asked).toEqual(['readiness@0', 'readiness@5', 'readiness@10', 'readiness@15']);
    expect(scene.mostOpen).toBe(1);
    expect(scene.told[0]).toBe('Readiness probe failed: no answer within 5 s (timeoutSeconds)');
    expect(scene.verdict?.ready).toBe(false);
  });

  test('that cannot even be given up are not asked again before they have ended', async () => {
    scene.answers.readiness = 'stuck';
    scene.look({ readinessProbe: probe('readiness', { periodSeconds: 2, failureThreshold: 1 }) });
    await scene.pass(9);
    expect(scene.asked).toEqual(['readiness@0']);
    expect(scene.told).toEqual(['Readiness probe failed: no answer within 1 s (timeoutSeconds)']);
    scene.answers.readiness = 'ok';
    scene.stuck.resolve();
    await scene.pass(0);
    expect(scene.asked).toEqual(['readiness@0', 'readiness@9']);
    expect(scene.verdict?.ready).toBe(true);
  });

  test('end with their container, and with the agent', async () => {
    const spec = { readinessProbe: probe('readiness') };
    scene.answers.readiness = 'hang';
    scene.look(spec);
    await scene.pass(0);
    expect(scene.open).toBe(1);
    scene.look(spec, { state: 'exited' });
    await scene.pass(30);
    expect(scene.told).toEqual([]);
    expect(scene.clock.pending).toBe(0);
    scene.look(spec);
    scene.probers.stop();
    expect(scene.clock.pending).toBe(0);
  });

  test('only readiness is asked while a pod is being deleted', async () => {
    const spec = { readinessProbe: probe('readiness'), livenessProbe: probe('liveness') };
    scene.look(spec);
    await scene.pass(1);
    scene.look(spec, { deleted: true });
    await scene.pass(10);
    expect(scene.asked).toEqual(['readiness@0', 'liveness@0', 'readiness@10']);
  });
});

test('a container that ran under an earlier agent keeps what was reported until its probes say otherwise', async () => {
  const status = { name: 'app', image: '', imageID: '', restartCount: 0, containerID: 'docker://c1' };
  const running = { running: {} };
  const last = { containerStatuses: [{ ...status, started: true, ready: true, state: running }] };
  const spec = { startupProbe: probe('startup'), readinessProbe: probe('readiness') };
  scene.answers.readiness = 'bad';
  scene.look(spec, { last });
  expect(scene.verdict).toEqual({ started: true, ready: true });
  await scene.pass(10);
  const [first, ...others] = scene.asked;
  expect(others).toEqual([]);
  // At a moment of the first period that chance chooses.
  expect(Number(first?.split('@')[1])).toBeGreaterThan(0);
  await scene.pass(20);
  expect(scene.verdict).toEqual({ started: true, ready: false });
});

test('pods without probes cost nothing', () => {
  scene.look({});
  expect(scene.clock.pending).toBe(0);
  expect(scene.memory.probes.size).toBe(0);
});
