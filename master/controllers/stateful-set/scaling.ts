import { pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { create, type Decision, event, remove, update, wake } from '../kit/decision.ts';
import { isFinished, isTerminating } from '../pods/pod-state.ts';
import { waitAfterRefusals } from '../pods/refused.ts';
import { templateOf } from '../revisions/history.ts';
import { type Census, type Seat, startOf } from './census.ts';
import { claimsOf } from './claims.ts';
import { missingLabels, podNameOf, statefulPod } from './identity.ts';

const COMPONENT = 'statefulset-controller';

export interface Scaling {
  readonly decisions: readonly Decision[];
  /** Every pod is there, and nobody has to be waited for: an update may go on. */
  readonly settled: boolean;
}

/**
 * Makes the pods that are missing and removes those of other numbers (Kubernetes docs, "StatefulSets", "Deployment and Scaling
 * Guarantees"): in order, each when all before it are running and ready, or, with the policy Parallel, all at once.
 */
export function scale(view: CacheReader, census: Census): Scaling {
  const ordered = census.set.spec?.podManagementPolicy !== 'Parallel';
  const decisions: Decision[] = [];
  let settled = true;
  for (const seat of census.seats) {
    const { steps, rests } = fill(view, census, seat);
    decisions.push(...steps);
    settled &&= rests;
    if (ordered && !(rests && seat.healthy)) return { decisions, settled: false };
  }
  for (const seat of census.condemned) {
    decisions.push(...empty(view, census, seat, ordered));
    settled = false;
    if (ordered) break;
  }
  return { decisions, settled };
}

/** One number that is to be there. `rests`: its pod stands, and nothing is to be done about it. */
function fill(view: CacheReader, census: Census, { ordinal, pod }: Seat): { steps: Decision[]; rests: boolean } {
  const { set } = census;
  if (pod && isTerminating(pod)) return { steps: [], rests: false };
  if (pod && isFinished(pod)) {
    const waitMs = waitAfterRefusals([pod], census.nowMs);
    return { steps: [waitMs > 0 ? wake(waitMs) : removed(census, pod)], rests: false };
  }
  const { decisions, leaving } = claimsOf(view, set, ordinal, undefined);
  if (pod) return { steps: [...decisions, ...labelled(census, ordinal, pod)], rests: true };
  // Whoever has the name, or the claim, is waited for (names-awaited.ts).
  if (leaving) return { steps: [...decisions], rests: false };
  const other = view.get(pods, metaOf(set).namespace, podNameOf(set, ordinal));
  return { steps: [...decisions, other ? nameTaken(census, ordinal) : made(census, ordinal)], rests: false };
}

const making = ({ set }: Census, ordinal: number): string =>
  `create Pod ${podNameOf(set, ordinal)} in StatefulSet ${metaOf(set).name}`;

function nameTaken(census: Census, ordinal: number): Decision {
  const message = `${making(census, ordinal)} failed: a pod of that name is there, which is not the set's; it is waited for`;
  return event({ about: census.set, component: COMPONENT, type: 'Warning', reason: 'FailedCreate', message });
}

function made(census: Census, ordinal: number): Decision {
  const { set, current, update: newest } = census;
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  const held = type !== 'OnDelete' && ordinal < startOf(set) + (rollingUpdate?.partition ?? 0);
  const revision = held ? current : newest;
  const pod = statefulPod(set, ordinal, templateOf(revision), metaOf(revision).name ?? '');
  const note = { about: set, component: COMPONENT };
  const message = making(census, ordinal);
  return create(pods, pod, {
    announce: { ...note, type: 'Normal', reason: 'SuccessfulCreate', message: `${message} successful` },
    complain: { ...note, type: 'Warning', reason: 'FailedCreate', message: `${message} failed` },
  });
}

export function removed({ set }: Census, pod: NonNullable<Seat['pod']>): Decision {
  const message = `delete Pod ${metaOf(pod).name} in StatefulSet ${metaOf(set).name} successful`;
  const announce = { about: set, component: COMPONENT, type: 'Normal', reason: 'SuccessfulDelete', message } as const;
  return remove(pods, pod, { announce });
}

const labelled = ({ set }: Census, ordinal: number, pod: NonNullable<Seat['pod']>): Decision[] => {
  const labels = missingLabels(set, ordinal, pod);
  if (!labels) return [];
  return [
    update(pods, pod, (current) => {
      const meta = metaOf(current);
      meta.labels = { ...meta.labels, ...labels };
    }),
  ];
};

/** One number that is to go. Its claims are told first whether they go with it. */
function empty(view: CacheReader, census: Census, seat: Seat, ordered: boolean): Decision[] {
  const { ordinal, pod, healthy } = seat;
  if (!pod || isTerminating(pod)) return [];
  const claims = claimsOf(view, census.set, ordinal, pod).decisions;
  if (claims.length > 0) return [...claims, wake(0)];
  // One that is not well goes only when no pod before it is unwell too: that one may need it to come up.
  if (ordered && !healthy && lowestUnhealthy(census) !== ordinal) return [];
  return [removed(census, pod)];
}

const lowestUnhealthy = ({ seats, condemned }: Census): number =>
  Math.min(...[...seats, ...condemned].filter(({ healthy }) => !healthy).map(({ ordinal }) => ordinal));
