import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Probe } from '../../api/core/probe.ts';
import type { Container } from '../pod-types.ts';
import {
  advance,
  firstStates,
  isAsked,
  PROBE_KINDS,
  type ProbeOutcome,
  type ProbeState,
  type ProbeStates,
  UNASKED,
  verdictOf,
} from './probe-state.ts';

/** `+` success, `-` failure, `?` unknown. */
const OUTCOMES = { '+': 'success', '-': 'failure', '?': 'unknown' } as const;
const after = (answers: string, probe: Probe, state: ProbeState = UNASKED): ProbeState =>
  [...answers].reduce((now, sign) => advance(now, OUTCOMES[sign as '+'], probe), state);

describe('the result of a probe', () => {
  const rows: [answers: string, successThreshold: number, failureThreshold: number, result: string | undefined][] = [
    ['', 1, 3, undefined],
    ['+', 1, 3, 'success'],
    ['-', 1, 3, undefined],
    ['--', 1, 3, undefined],
    ['---', 1, 3, 'failure'],
    ['+--', 1, 3, 'success'],
    ['+--+--', 1, 3, 'success'],
    ['+---', 1, 3, 'failure'],
    ['+---+', 1, 3, 'success'],
    ['++', 3, 1, undefined],
    ['+++', 3, 1, 'success'],
    ['+++-', 3, 1, 'failure'],
    ['+++-++', 3, 1, 'failure'],
    ['++?+', 3, 1, 'success'],
    ['-?-?-', 1, 3, 'failure'],
    ['?????', 1, 1, undefined],
  ];
  for (const [answers, successThreshold, failureThreshold, result] of rows) {
    test(`after "${answers}" with thresholds ${successThreshold} and ${failureThreshold}: ${result}`, () => {
      expect(after(answers, { successThreshold, failureThreshold }).result).toBe(result);
    });
  }

  const threshold = fc.integer({ min: 1, max: 5 });
  const answers = fc.array(fc.constantFrom<ProbeOutcome['result']>('success', 'failure', 'unknown'), { maxLength: 30 });

  test('changes exactly when the answers before end in enough of the other kind', () => {
    fc.assert(
      fc.property(threshold, threshold, answers, (successThreshold, failureThreshold, given) => {
        const probe = { successThreshold, failureThreshold };
        const counted = given.filter((one) => one !== 'unknown');
        let expected: ProbeState['result'];
        for (let end = 1; end <= counted.length; end += 1) {
          const last = counted[end - 1];
          const needed = last === 'success' ? successThreshold : failureThreshold;
          if (end >= needed && counted.slice(end - needed, end).every((one) => one === last)) expected = last;
        }
        expect(given.reduce<ProbeState>((state, one) => advance(state, one, probe), UNASKED).result).toBe(expected);
      }),
    );
  });
});

const probe = { tcpSocket: { port: 1 } };
const container = (...kinds: readonly (typeof PROBE_KINDS)[number][]): Container => ({
  name: 'app',
  ...Object.fromEntries(kinds.map((kind) => [`${kind}Probe`, probe])),
});
const statesOf = (states: Partial<ProbeStates>): ProbeStates => ({ ...firstStates(undefined), ...states });
const good: ProbeState = { result: 'success', streak: 1 };
const bad: ProbeState = { result: 'failure', streak: 1 };

describe('the verdict on a container', () => {
  const rows: [what: string, Container, Partial<ProbeStates>, object][] = [
    ['without probes', container(), {}, { started: true, ready: true }],
    ['before the first answer', container('startup', 'readiness'), {}, { started: false, ready: false }],
    ['not ready yet', container('readiness'), {}, { started: true, ready: false }],
    ['ready', container('readiness'), { readiness: good }, { started: true, ready: true }],
    ['not ready any more', container('readiness'), { readiness: bad }, { started: true, ready: false }],
    ['started', container('startup'), { startup: good }, { started: true, ready: true }],
    [
      'ready before it has started',
      container('startup', 'readiness'),
      { readiness: good },
      { started: false, ready: false },
    ],
    ['alive until shown otherwise', container('liveness'), {}, { started: true, ready: true }],
  ];
  for (const [what, spec, states, verdict] of rows)
    test(what, () => expect(verdictOf(spec, statesOf(states))).toEqual(verdict));

  test('names the probe that failed, and its grace', () => {
    const spec = { ...container('startup'), livenessProbe: { ...probe, terminationGracePeriodSeconds: 7 } };
    const { failed } = verdictOf(spec, statesOf({ startup: good, liveness: bad }));
    expect(failed).toEqual({ probe: 'liveness', graceSeconds: 7 });
    expect(verdictOf(spec, statesOf({ startup: bad })).failed?.probe).toBe('startup');
  });

  test('begins with what was reported', () => {
    const status = { name: 'app', image: '', imageID: '', restartCount: 0 };
    const spec = container('startup', 'readiness', 'liveness');
    const verdict = (started: boolean, ready: boolean) => verdictOf(spec, firstStates({ ...status, started, ready }));
    expect(verdict(true, true)).toEqual({ started: true, ready: true });
    expect(verdict(true, false)).toEqual({ started: true, ready: false });
    expect(verdict(false, false)).toEqual({ started: false, ready: false });
  });
});

describe('which probes are asked', () => {
  const all = container('startup', 'readiness', 'liveness');
  const asked = (states: Partial<ProbeStates>, ending = false, spec = all) =>
    PROBE_KINDS.filter((kind) => isAsked(kind, spec, statesOf(states), ending)).join(' ');
  test('the startup probe first, then the others', () => {
    expect(asked({})).toBe('startup');
    expect(asked({ startup: good })).toBe('readiness liveness');
    expect(asked({}, false, container('readiness', 'liveness'))).toBe('readiness liveness');
  });
  test('after one has failed for good, only readiness', () => {
    expect(asked({ startup: bad })).toBe('');
    expect(asked({ startup: good, liveness: bad })).toBe('readiness');
  });
  test('of a container that is ending, only readiness', () => {
    expect(asked({}, true)).toBe('');
    expect(asked({ startup: good }, true)).toBe('readiness');
  });
});
