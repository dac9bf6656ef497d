import { type Pod, type PodStatus, pods } from '../../api/core/pod.ts';
import { PodStatusSchema } from '../../api/core/pod-status.ts';
import { decodeWith } from '../../api/meta/decode.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { NODE_USER_PREFIX } from '../../proto/enrolment.ts';
import type { PodRef, PodReport } from '../../proto/messages.ts';
import type { MasterContext } from '../context.ts';
import { LatestWriter } from './latest-writer.ts';
import { parse } from './node-writer.ts';
import { mergePodStatus, refusal } from './pod-status.ts';

/** What one node's agent last said of a pod, as far as it is not written yet. */
interface PodWord {
  readonly pod: PodRef;
  readonly status?: PodStatus;
  /** Its containers are all gone; the object may go too. */
  readonly gone?: true;
}

/**
 * Writes what one node's agent reports of its pods. Owns one writer with the pods' uids as keys: at most one write per pod is
 * under way, the newest status wins, and the last status is written before the object is removed. An agent may only speak for
 * pods of its own node.
 */
export class PodStatusSink {
  readonly #context: MasterContext;
  readonly #nodeName: string;
  readonly #user: { user: string };
  readonly #writer: LatestWriter<PodWord>;
  #stopped = false;

  constructor(context: MasterContext, nodeName: string) {
    this.#context = context;
    this.#nodeName = nodeName;
    this.#user = { user: `${NODE_USER_PREFIX}${nodeName}` };
    this.#writer = new LatestWriter<PodWord>({
      clock: context.clock,
      rng: context.rng,
      write: (_uid, word) => this.#write(word),
      merge: (older, newer) => ({ ...older, ...newer }),
      failed: (uid, error) => this.#failed(uid, error),
    });
  }

  /** Takes a report; one that may not be or cannot be written is dropped with a line in the log. */
  report(report: PodReport): void {
    if (!this.#mayWrite(report)) return;
    try {
      const value = parse(report.statusJson, 'the pod status');
      const status = decodeWith(PodStatusSchema, value, 'PodStatus').object;
      this.#writer.put(report.uid, { pod: report, status });
    } catch (error) {
      this.#failed(report.uid, error);
    }
  }

  /** The pod's containers are gone: its object follows, provided it is being deleted. */
  gone(pod: PodRef): void {
    const current = this.#mayWrite(pod);
    if (!current) return;
    if (current.metadata?.deletionTimestamp) this.#writer.put(pod.uid, { pod, gone: true });
    else this.#context.log.warn(this.#fields(pod), 'an agent reports a pod gone that nobody deletes; ignored');
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#writer.stop();
  }

  /** The pod, when this agent may speak for it. */
  #mayWrite(pod: PodRef): Pod | undefined {
    const current = this.#context.cache.get(pods, pod.namespace, pod.name);
    const why = refusal(current, pod.uid, this.#nodeName);
    if (!why) return current;
    // A pod removed a moment ago is no news; anything else is a fault.
    this.#context.log.debug({ ...this.#fields(pod), why }, 'ignored a report of a pod');
    return undefined;
  }

  async #write({ pod, status, gone }: PodWord): Promise<void> {
    const { objects, clock } = this.#context;
    const preconditions = { uid: pod.uid };
    if (status) {
      const change = (current: Pod) => {
        // A write that lost a race is tried again with this; by then a newer session may have said something newer.
        if (this.#stopped) return current;
        return { ...current, status: mergePodStatus(current.status, status, clock.now()) ?? current.status };
      };
      const options = { part: 'status', preconditions, pure: true } as const;
      await objects.update(pods, pod.namespace, pod.name, change, this.#user, options);
    }
    if (gone) {
      await objects.delete(pods, pod.namespace, pod.name, this.#user, { gracePeriodSeconds: 0, preconditions });
    }
  }

  #failed(uid: string, error: unknown): void {
    // The pod was removed, or replaced, between the report and the write: what the report said no longer matters.
    if (isApiError(error, 'NotFound') || isApiError(error, 'Conflict')) return;
    this.#context.log.warn(
      { err: error, node: this.#nodeName, uid },
      'could not write what an agent reported of a pod',
    );
  }

  #fields(pod: PodRef): object {
    return { node: this.#nodeName, pod: `${pod.namespace}/${pod.name}`, uid: pod.uid };
  }
}
