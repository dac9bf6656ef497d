import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobs } from '../../../api/batch/job.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { World } from '../kit/world.suite.ts';
import { isActive, isFinished, isTerminating } from '../pods/pod-state.ts';
import { bind, confirmGone, jobOf, reportEnd } from '../samples.suite.ts';
import { jobController } from './controller.ts';
import { isOver } from './verdict.ts';

const happening = fc.record({
  type: fc.constantFrom(
    ...(['pass', 'pass', 'pass', 'crash', 'bind', 'succeed', 'succeed', 'fail', 'delete', 'gone', 'time'] as const),
  ),
  which: fc.nat(20),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const pick = <T>(list: readonly T[], which: number): T | undefined => list[which % Math.max(1, list.length)];

/** A job's pods as scheduler, agents and passers-by treat them, and what a bookkeeper beside them would have seen. */
class Yard {
  readonly world = new World([jobController]);
  /** Pods that succeeded while nobody was deleting them: these must count as successes. */
  readonly certain = new Set<string>();
  /** Pods that succeeded at all: no others may. */
  readonly possible = new Set<string>();

  get job() {
    return this.world.get(jobs, 'shop', 'sum')!;
  }

  get active(): Pod[] {
    return this.world.list(pods).filter(isActive);
  }

  /** All pods the job ever had made. */
  get made(): number {
    return this.world.transcript.filter((line) => line.startsWith('job: create pod')).length;
  }

  happen({ type, which }: Happening): void {
    const all = this.world.list(pods);
    const running = all.filter((pod) => pod.spec?.nodeName && !isFinished(pod));
    if (type === 'pass') this.world.step(which);
    else if (type === 'crash') this.world.stepAndCrash(which);
    else if (type === 'time') this.world.advance(which * 1000);
    else if (type === 'bind') this.#with(this.active, which, (pod) => bind(this.world, pod));
    else if (type === 'succeed') this.#with(running, which, (pod) => this.succeed(pod));
    else if (type === 'fail') this.#with(running, which, (pod) => reportEnd(this.world, pod, 'Failed'));
    else if (type === 'delete') this.#with(all, which, (pod) => this.world.delete(pods, pod));
    else this.#with(all.filter(isTerminating), which, (pod) => confirmGone(this.world, pod));
  }

  succeed(pod: Pod): void {
    const uid = metaOf(pod).uid!;
    if (!isTerminating(pod)) this.certain.add(uid);
    this.possible.add(uid);
    reportEnd(this.world, pod, 'Succeeded');
  }

  /** Things go well from here on. */
  finish(): void {
    for (let rounds = 0; rounds < 100 && !isOver(this.job); rounds++) {
      this.world.settle();
      for (const pod of this.world.list(pods).filter(isTerminating)) confirmGone(this.world, pod);
      this.#with(this.active, 0, (pod) => {
        bind(this.world, pod);
        this.succeed(this.world.get(pods, 'shop', metaOf(pod).name!)!);
      });
      this.world.advance(700_000);
    }
    this.world.settle();
  }

  #with(list: readonly Pod[], which: number, act: (pod: Pod) => void): void {
    const pod = pick(list, which);
    if (pod) act(pod);
  }
}

const spec = fc.record({ completions: fc.integer({ min: 1, max: 6 }), parallelism: fc.integer({ min: 1, max: 4 }) });

describe('counting the ends of a job’s pods', () => {
  test('more ends at once than one status notes bring forth no more pods', () => {
    const yard = new Yard();
    const completions = 1_200;
    yard.world.create(jobs, jobOf('sum', { completions, parallelism: completions }));
    yard.world.settle();
    for (const pod of yard.active) bind(yard.world, pod);
    for (const pod of yard.active) yard.succeed(pod);
    yard.world.settle();
    expect(yard.job.status).toMatchObject({ succeeded: completions, uncountedTerminatedPods: {} });
    const made = yard.world.list(pods).length;
    expect([isOver(yard.job), made, yard.job.status?.failed]).toEqual([true, completions, undefined]);
  });

  test('every end counts exactly once, whatever ends, is deleted, is confirmed and crashes when', () => {
    fc.assert(
      fc.property(spec, fc.array(happening, { minLength: 20, maxLength: 150 }), (given, happenings) => {
        const yard = new Yard();
        yard.world.create(jobs, jobOf('sum', { ...given, backoffLimit: 1_000_000 }));
        for (const each of happenings) {
          yard.happen(each);
          expect(yard.active.length).toBeLessThanOrEqual(given.parallelism);
        }
        yard.finish();
        const { succeeded = 0, failed = 0 } = yard.job.status ?? {};
        expect(isOver(yard.job)).toBe(true);
        expect(succeeded + failed).toBe(yard.made);
        expect(succeeded).toBeGreaterThanOrEqual(Math.max(given.completions, yard.certain.size));
        expect(succeeded).toBeLessThanOrEqual(yard.possible.size);
        expect(yard.world.list(pods).flatMap((pod) => metaOf(pod).finalizers ?? [])).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
