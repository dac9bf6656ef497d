import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { conflict, isApiError } from '../../api/meta/errors.ts';
import { metaOf } from '../../api/meta/object.ts';
import { sleep, type Timer, timestamp } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { MasterContext } from '../context.ts';
import { constraints } from './constraints/constraints.ts';
import { SchedulerMetrics } from './metrics.ts';
import { type Decision, EXPLAIN_INTERVAL_MS, Scheduler } from './scheduler.ts';

/** Decisions made before the loop lets others run. */
const BATCH = 512;
/** Wait before a pod whose bind failed for want of the store is tried again. */
const RETRY_MS = 1000;
const CONTEXT = { user: 'system:kube-scheduler' };
const COMPONENT = 'default-scheduler';
export const SCHEDULER_NAMES = ['default-scheduler', 'stowage'] as const;

export function createScheduler(context: MasterContext): Service {
  return new BindingLoop(context);
}

/**
 * The thin loop around the pure scheduler: tells it what changes, asks it to decide, carries decisions out.
 *
 * Owns: one pass at a time, and the binds under way.
 */
class BindingLoop implements Service {
  readonly #context: MasterContext;
  readonly #scheduler = new Scheduler({ constraints, schedulerNames: SCHEDULER_NAMES });
  readonly #metrics: SchedulerMetrics;
  readonly #stopped = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #unsubscribe: (() => void)[] = [];
  #pass: Timer | undefined;
  #explainLater: Timer | undefined;

  constructor(context: MasterContext) {
    this.#context = context;
    this.#metrics = new SchedulerMetrics(context.metrics, () => this.#scheduler.pendingCount);
  }

  async start(): Promise<void> {
    const { cache } = this.#context;
    this.#unsubscribe.push(
      cache.subscribe(nodes, ({ type, object }) => {
        if (type === 'deleted') this.#scheduler.removeNode(metaOf(object).name ?? '');
        else this.#scheduler.setNode(object);
        this.#wake();
      }),
      cache.subscribe(pods, ({ type, object }) => {
        if (type === 'deleted') this.#scheduler.removePod(metaOf(object).uid ?? '');
        else this.#scheduler.setPod(object);
        this.#wake();
      }),
    );
    for (const node of cache.list(nodes)) this.#scheduler.setNode(node);
    for (const pod of inOrderOfAge(cache.list(pods))) this.#scheduler.setPod(pod);
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the scheduler is stopping'));
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#pass?.cancel();
    this.#explainLater?.cancel();
    await Promise.allSettled(this.#underWay);
  }

  #wake(): void {
    if (this.#pass || this.#stopped.signal.aborted) return;
    this.#pass = this.#context.clock.setTimer(0, () => {
      this.#pass = undefined;
      this.#run();
    });
  }

  #run(): void {
    const { clock } = this.#context;
    const startMs = clock.monotonicMs();
    const decisions = this.#scheduler.decide(clock.now(), BATCH);
    this.#metrics.decided(decisions, (clock.monotonicMs() - startMs) / 1000);
    for (const decision of decisions) this.#track(this.#carryOut(decision));
    if (decisions.length >= BATCH) this.#wake();
    this.#remindToExplain();
  }

  /** A parked pod's explanation may go stale without any pod or node being placed: look again after a while, while any is parked. */
  #remindToExplain(): void {
    if (this.#explainLater || !this.#scheduler.hasParked) return;
    this.#explainLater = this.#context.clock.setTimer(EXPLAIN_INTERVAL_MS, () => {
      this.#explainLater = undefined;
      this.#wake();
    });
  }

  async #carryOut(decision: Decision): Promise<void> {
    if (decision.type === 'bind') await this.#bind(decision.pod, decision.nodeName);
    else await this.#explain(decision.pod, decision.message);
  }

  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { objects, clock, events, log } = this.#context;
    const { namespace, name = '', uid = '', creationTimestamp } = metaOf(pod);
    try {
      const change = (current: Pod) => bound(current, nodeName, clock.now());
      await objects.update(pods, namespace, name, change, CONTEXT, { part: 'binding', preconditions: { uid } });
      this.#metrics.bound(clock.now() - Date.parse(creationTimestamp ?? ''));
      const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
      events.record({ about: pod, type: 'Normal', reason: 'Scheduled', message, component: COMPONENT });
    } catch (error) {
      this.#metrics.failed();
      if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) {
        log.warn({ pod: `${namespace}/${name}`, node: nodeName, error: String(error) }, 'bind failed, will try again');
        await sleep(clock, RETRY_MS, this.#stopped.signal).catch(() => undefined);
      }
      this.#scheduler.bindFailed(uid);
      this.#wake();
    }
  }

  async #explain(pod: Pod, message: string): Promise<void> {
    const { objects, clock, events, log } = this.#context;
    const { namespace, name = '', uid } = metaOf(pod);
    events.record({ about: pod, type: 'Warning', reason: 'FailedScheduling', message, component: COMPONENT });
    const change = (current: Pod) => {
      if (!current.spec?.nodeName) setScheduledCondition(current, 'False', clock.now(), 'Unschedulable', message);
    };
    try {
      await objects.update(pods, namespace, name, change, CONTEXT, { part: 'status', preconditions: { uid } });
    } catch (error) {
      log.debug({ pod: `${namespace}/${name}`, error: String(error) }, 'pending condition not written');
    }
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }
}

/** The pod bound to the node; refuses one that is bound already or on its way out. */
function bound(current: Pod, nodeName: string, nowMs: number): Pod {
  const { name = '', deletionTimestamp } = metaOf(current);
  if (current.spec?.nodeName) throw conflict(pods, name, `pod is already assigned to node "${current.spec.nodeName}"`);
  if (deletionTimestamp) throw conflict(pods, name, 'pod is being deleted, cannot be assigned to a host');
  current.spec!.nodeName = nodeName;
  setScheduledCondition(current, 'True', nowMs);
  return current;
}

function setScheduledCondition(
  pod: Pod,
  status: 'True' | 'False',
  nowMs: number,
  reason?: string,
  message?: string,
): void {
  const others = pod.status?.conditions?.filter((condition) => condition.type !== 'PodScheduled') ?? [];
  const before = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(nowMs);
  const condition = { type: 'PodScheduled', status, lastTransitionTime, reason, message };
  pod.status = { ...pod.status, conditions: [...others, condition] };
}

function inOrderOfAge(all: readonly Pod[]): Pod[] {
  const created = (pod: Pod) => pod.metadata?.creationTimestamp ?? '';
  return [...all].sort((a, b) => (created(a) < created(b) ? -1 : created(a) > created(b) ? 1 : 0));
}
