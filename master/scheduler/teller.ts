import type { Pod } from '../../api/core/pod.ts';
import type { Decision } from './decision.ts';
import { Explainer } from './explain/explainer.ts';
import type { QuotaRoom } from './explain/importance.ts';
import { conditionMessage } from './explain/message.ts';
import type { Explanation } from './explanation.ts';
import type { PendingPod } from './pending.ts';
import type { PendingPods } from './pending-pods.ts';
import type { Pods } from './pods.ts';
import type { Reservation } from './reservations.ts';
import type { SchedulerState } from './scheduler-state.ts';
import type { VolumeChoice } from './volumes/volume-resolution.ts';

/** Nodes looked at in one pass to find out what would help those who wait; each kind of pod costs a look at all. */
const EXPLAINED_NODES = 10_000;

/**
 * Says why pods wait: to whoever asks, and to the pods themselves when there is news of it.
 *
 * Owns: the explainer. What each pod has been told is in the explanations.
 */
export class Teller {
  readonly #state: SchedulerState;
  readonly #pending: PendingPods;
  readonly #pods: Pods;
  readonly #explainer: Explainer;

  constructor(state: SchedulerState, pending: PendingPods, pods: Pods, quotaRoom: QuotaRoom | undefined) {
    this.#state = state;
    this.#pending = pending;
    this.#pods = pods;
    const find = (pod: PendingPod) => state.preemption.find(pod);
    this.#explainer = new Explainer(state.world, () => {
      return { bands: state.policy.bands, budgets: state.budgets, find, quotaRoom };
    });
  }

  why(pod: Pod, nowMs: number): Explanation {
    const { placements, reservations, gangs } = this.#state;
    const uid = pod.metadata?.uid ?? '';
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') return this.#plain('ignored', `the pod has ended (${phase})`);
    const place = placements.get(uid);
    const choices = this.#pods.choicesOf(uid);
    if (place && choices.length > 0) return this.#plain('waiting', choicesMessage(place.nodeName, choices));
    if (place) return this.#plain('placed', `on ${place.nodeName}`);
    if (pod.metadata?.deletionTimestamp) return this.#plain('ignored', 'the pod is being deleted');
    const gates = pod.spec?.schedulingGates ?? [];
    if (gates.length > 0)
      return this.#plain('waiting', `scheduling gates: ${gates.map(({ name }) => name).join(', ')}`);
    const pending = this.#pending.get(uid);
    if (!pending)
      return this.#plain('ignored', `no profile for schedulerName ${pod.spec?.schedulerName ?? 'default-scheduler'}`);
    const reserved = reservations.of(uid);
    if (reserved) return this.#plain('waiting', this.#heldMessage(reserved));
    const gang = gangs.of(uid);
    if (gang?.why !== undefined) return this.#plain('waiting', gang.why);
    return this.#explainer.explain(pending, nowMs);
  }

  /** Why there is no place for it at this very moment. */
  refusal(pending: PendingPod): string {
    return conditionMessage(this.#explainer.brief(pending));
  }

  /** The pod is told, unless it knows. `gist` is what matters of the message. */
  tell(pending: PendingPod, message: string, decisions: Decision[], gist = message): void {
    const { explanations, nowMs } = this.#state;
    if (explanations.tell(pending.uid, message, nowMs, gist))
      decisions.push({ type: 'explain', pod: pending.pod, message });
  }

  /** Pods set aside hear why when nobody is left to be placed, and again after a while; the costly part of it a bit at a time. */
  tellParked(decisions: Decision[], limit: number): void {
    const { world, queue, explanations, nowMs } = this.#state;
    explanations.review(nowMs, (uid) => {
      const entry = queue.get(uid);
      return entry?.kind === 'pod' ? entry : undefined;
    });
    let fresh = Math.max(1, Math.floor(EXPLAINED_NODES / (world.cell.nodeCount + 1)));
    for (const pending of explanations.owed()) {
      if (decisions.length >= limit) return;
      if (!this.#explainer.knows(pending, nowMs) && fresh-- === 0) return;
      const explanation = this.#explainer.explain(pending, nowMs);
      this.tell(pending, conditionMessage(explanation), decisions, explanation.message);
    }
  }

  #plain(state: Explanation['state'], message: string): Explanation {
    return { state, message, nodes: this.#state.world.cell.nodeCount, reasons: [], remedies: [] };
  }

  #heldMessage({ places, victims }: Reservation): string {
    const { cell } = this.#state.world;
    const nodes = [...new Set(places.map(({ slot }) => cell.nameAt(slot)))].join(', ');
    const leaving =
      victims.size === 1 ? '1 pod being evicted for it is' : `${victims.size} pods being evicted for it are`;
    return `its place on ${nodes} is held until ${leaving} gone`;
  }
}

/** What a pod with a place still waits for before it is bound: a provisioner may take its time, or not be there at all. */
function choicesMessage(nodeName: string, choices: readonly VolumeChoice[]): string {
  const texts = choices.map((choice) => {
    const name = choice.claim.slice(choice.claim.indexOf('/') + 1);
    return 'volume' in choice
      ? `claim ${name} is bound to volume ${choice.volume}`
      : `the provisioner of its class has made a volume there for claim ${name}`;
  });
  return `its place on ${nodeName} is held until ${texts.join(' and ')}`;
}
