import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSidecar } from '../../api/core/pod-resources.ts';
import { containerLimits } from '../container-spec.ts';
import type { Pod } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import { Bench, specsOf } from './convergence.fixture.ts';
import { specHash } from './spec-hash.ts';
import type { ObservedContainer } from './state.ts';
import { container, NOW_MS, podOf } from './transcript.fixture.ts';

const sidecar = container('proxy', { restartPolicy: 'Always' });
const pods = fc.record({
  init: fc.boolean(),
  sidecar: fc.boolean(),
  second: fc.boolean(),
  hook: fc.boolean(),
  alwaysPull: fc.boolean(),
});

function podWith(has: { init: boolean; sidecar: boolean; second: boolean; hook: boolean; alwaysPull: boolean }) {
  const hook = { lifecycle: { postStart: { exec: { command: ['true'] } } } };
  const app = container('app', {
    ...(has.hook && hook),
    ...(has.alwaysPull && { imagePullPolicy: 'Always' }),
    resources: { limits: { cpu: '1', memory: '1Gi' } },
  });
  return {
    initContainers: [...(has.sidecar ? [sidecar] : []), ...(has.init ? [container('first')] : [])],
    containers: [app, ...(has.second ? [container('log')] : [])],
  };
}

/** What may be found on a machine: any attempts of the pod's containers, in any state, of this sandbox or another. */
const found = fc.array(
  fc.record({
    name: fc.constantFrom('POD', 'app', 'log', 'proxy', 'first'),
    attempt: fc.integer({ min: 0, max: 3 }),
    state: fc.constantFrom('created', 'running', 'exited'),
    exitCode: fc.constantFrom(0, 1, 137),
    sandbox: fc.integer({ min: 0, max: 2 }),
    outdated: fc.boolean(),
    thin: fc.boolean(),
    paused: fc.boolean(),
    ago: fc.integer({ min: 0, max: 700 }),
  }),
  { maxLength: 8 },
);
type Found = typeof found extends fc.Arbitrary<infer T> ? T : never;

function seen(pod: Pod, list: Found): ObservedContainer[] {
  const once = new Map(list.map((one) => [`${one.name}-${one.attempt}`, one]));
  return [...once.values()].flatMap(({ name, attempt, state, exitCode, sandbox, outdated, thin, paused, ago }) => {
    const spec = specsOf(pod).find((one) => one.name === name);
    if (!spec && name !== 'POD') return [];
    const atMs = NOW_MS - ago * 1_000;
    const init = specOf(pod).initContainers?.some((one) => one.name === name);
    const limits = spec && containerLimits(spec);
    return [
      {
        ...{ id: `found-${name}-${attempt}`, name, attempt, crashes: attempt, state },
        role: name === 'POD' ? ('sandbox' as const) : init ? ('init' as const) : ('app' as const),
        ...{
          sandboxId: name === 'POD' ? '' : `found-POD-${sandbox}`,
          sandboxAttempt: name === 'POD' ? attempt : sandbox,
        },
        specHash: spec && !outdated ? specHash(spec) : 'other',
        ...{ image: spec?.image ?? 'pause', imageId: 'sha256:1', createdAtMs: atMs },
        ...(state !== 'created' && { startedAtMs: atMs }),
        ...(state === 'exited' && { finishedAtMs: atMs, exitCode }),
        ...(paused && state === 'running' && { paused: true as const }),
        limits: limits && (thin ? { ...limits, memoryBytes: 1 } : limits),
        ...(name === 'POD' && state === 'running' && { ip: '10.0.0.2' }),
      },
    ];
  });
}

describe('whatever is found on the machine', () => {
  const rights = (bench: Bench) => {
    expect(bench.strangers).toEqual([]);
    expect(bench.doubles).toEqual([]);
    expect(bench.early).toEqual([]);
  };

  test('a pod that is wanted comes to run, once, in one sandbox', () => {
    fc.assert(
      fc.property(pods, found, (has, list) => {
        const pod = podOf(podWith(has));
        const bench = new Bench(pod, seen(pod, list), new Map([['first', 0]]));
        bench.settle();
        const running = bench.containers.filter(({ state }) => state === 'running');
        const wanted = specsOf(pod).filter((spec) => spec.name !== 'first' || isSidecar(spec));
        expect(running.map(({ name }) => name).sort()).toEqual(['POD', ...wanted.map(({ name }) => name)].sort());
        const sandbox = running.find(({ role }) => role === 'sandbox');
        for (const { role, sandboxId } of running) if (role !== 'sandbox') expect(sandboxId).toBe(sandbox?.id);
        expect(bench.last?.phase).toBe('Running');
        expect(bench.last?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
        rights(bench);
      }),
      { numRuns: 1_500 },
    );
  });

  test('a job comes to its end, and its containers stay for their logs', () => {
    fc.assert(
      fc.property(pods, found, fc.constantFrom(0, 3), (has, list, code) => {
        const pod = podOf({ ...podWith(has), restartPolicy: 'Never' });
        const bench = new Bench(
          pod,
          seen(pod, list),
          new Map([
            ['first', 0],
            ['app', code],
            ['log', 0],
          ]),
        );
        bench.settle();
        expect(['Succeeded', 'Failed']).toContain(bench.last?.phase);
        expect(bench.containers.filter(({ state }) => state === 'running')).toEqual([]);
        expect(bench.containers.some(({ role }) => role === 'sandbox')).toBe(false);
        rights(bench);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a pod that is deleted, or that nobody knows any more, leaves nothing', () => {
    fc.assert(
      fc.property(pods, found, fc.boolean(), (has, list, known) => {
        const metadata = known ? { deletionTimestamp: '2030-01-01T00:10:30Z', deletionGracePeriodSeconds: 30 } : {};
        const pod = podOf(podWith(has), metadata);
        const bench = new Bench(pod, seen(pod, list), new Map());
        bench.settle(known);
        expect(bench.containers).toEqual([]);
        expect(bench.done.has('removeVolumes')).toBe(true);
        expect(bench.done.has('reportGone')).toBe(known);
        expect(bench.done.has('forget')).toBe(true);
        rights(bench);
      }),
      { numRuns: 1_000 },
    );
  });
});
