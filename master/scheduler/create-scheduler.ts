import { pods } from '../../api/core/pod.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { metaOf } from '../../api/meta/object.ts';
import { sleep, type Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { Deposed } from '../objects/objects.ts';
import { createExecutors, type Executors } from './carry-out.ts';
import type { Decision } from './decision.ts';
import type { ExplainPod } from './explanation.ts';
import { EXPLAIN_INTERVAL_MS } from './explanations.ts';
import { SchedulerMetrics } from './metrics.ts';
import { tellNews } from './news.ts';
import { Scheduler, type SchedulerOptions } from './scheduler.ts';
import type { Office, SchedulerContext } from './scheduler-context.ts';

/** Decisions made before the loop lets others run. */
const BATCH = 512;
/** Wait before a pod whose bind failed for want of the store is tried again. */
const RETRY_MS = 1000;

export interface SchedulerService extends Service {
  readonly explain: ExplainPod;
  /** From now on this scheduler is the one that decides, until the term ends. Before, it only keeps its model. */
  lead(term: Office): void;
}

export function createScheduler(context: SchedulerContext, options: SchedulerOptions = {}): SchedulerService {
  return new BindingLoop(context, options);
}

/**
 * The thin loop around the pure scheduler: tells it what changes, asks it to decide, has decisions carried out.
 *
 * Owns: one pass at a time, and what is being carried out.
 */
class BindingLoop implements SchedulerService {
  readonly #context: SchedulerContext;
  readonly #options: SchedulerOptions;
  #scheduler: Scheduler;
  readonly #metrics: SchedulerMetrics;
  readonly #stopped = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  /** There while this scheduler leads. */
  #office: { readonly term: Office; readonly executors: Executors } | undefined;
  #endNews: () => void = () => undefined;
  #pass: Timer | undefined;
  #later: { readonly timer: Timer; readonly atMs: number } | undefined;

  constructor(context: SchedulerContext, options: SchedulerOptions) {
    this.#context = context;
    this.#options = options;
    this.#scheduler = new Scheduler(options);
    this.#metrics = new SchedulerMetrics(context.metrics, () => this.#scheduler.pendingCount);
  }

  readonly explain: ExplainPod = (namespace, name) => {
    const pod = this.#context.cache.get(pods, namespace, name);
    return pod && this.#scheduler.why(pod, this.#context.clock.now());
  };

  async start(): Promise<void> {
    this.#hearNews();
  }

  #hearNews(): void {
    const { cache, log } = this.#context;
    this.#endNews = tellNews(cache, this.#scheduler, {
      heard: () => this.#wake(),
      failed: ({ kind, metadata }, error) =>
        log.error(
          { kind, namespace: metadata?.namespace, name: metadata?.name, error },
          'not taken in by the scheduler',
        ),
    });
  }

  lead(term: Office): void {
    this.#office = { term, executors: createExecutors(this.#context, term, this.#options.schedulerName) };
    term.signal.addEventListener('abort', () => this.#stepDown(term), { once: true });
    this.#wake();
  }

  #stepDown(term: Office): void {
    if (this.#office?.term === term) this.#office = undefined;
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the scheduler is stopping'));
    this.#endNews();
    this.#pass?.cancel();
    this.#later?.timer.cancel();
    await Promise.allSettled(this.#underWay);
  }

  #wake(): void {
    if (this.#pass || !this.#office || this.#stopped.signal.aborted) return;
    this.#pass = this.#context.clock.setTimer(0, () => {
      this.#pass = undefined;
      this.#run();
    });
  }

  #run(): void {
    const { clock } = this.#context;
    const office = this.#office;
    if (!office) return;
    const startMs = clock.monotonicMs();
    let decisions: Decision[];
    try {
      decisions = this.#scheduler.decide(clock.now(), BATCH);
    } catch (error) {
      this.#startOver(error);
      return;
    }
    this.#metrics.decided(decisions, (clock.monotonicMs() - startMs) / 1000);
    for (const decision of decisions) this.#track(this.#carryOut(decision, office.executors));
    if (decisions.length > 0) this.#wake();
    else this.#sleepUntilDue();
  }

  /** A model that has failed is not to be trusted: it is made anew from what the store says. */
  #startOver(error: unknown): void {
    const { clock, log } = this.#context;
    log.error({ error }, 'a pass of the scheduler failed; its model is made anew');
    this.#endNews();
    this.#scheduler = new Scheduler(this.#options);
    this.#pass = clock.setTimer(RETRY_MS, () => {
      this.#pass = undefined;
      this.#hearNews();
      this.#wake();
    });
  }

  /** Some things change with time alone: back-offs end, held places are given up, explanations grow stale. */
  #sleepUntilDue(): void {
    const nowMs = this.#context.clock.now();
    const explainMs = this.#scheduler.hasParked ? nowMs + EXPLAIN_INTERVAL_MS : Number.POSITIVE_INFINITY;
    const atMs = Math.min(this.#scheduler.nextDueMs, explainMs);
    if (!Number.isFinite(atMs) || (this.#later && this.#later.atMs <= atMs)) return;
    this.#later?.timer.cancel();
    const timer = this.#context.clock.setTimer(Math.max(1, atMs - nowMs), () => {
      this.#later = undefined;
      this.#wake();
    });
    this.#later = { timer, atMs };
  }

  async #carryOut(decision: Decision, executors: Executors): Promise<void> {
    try {
      // The table has a function for each type; the compiler cannot see that the one found takes this decision.
      await (executors[decision.type] as (decision: Decision) => Promise<void>)(decision);
      if (decision.type === 'bind') this.#noteBound(decision);
    } catch (error) {
      await this.#noteFailed(decision, error);
    }
  }

  #noteBound({ pod }: Extract<Decision, { type: 'bind' }>): void {
    const { creationTimestamp } = metaOf(pod);
    this.#metrics.bound(this.#context.clock.now() - Date.parse(creationTimestamp ?? ''));
  }

  async #noteFailed(decision: Decision, error: unknown): Promise<void> {
    const { clock, log } = this.#context;
    const about = decision.type === 'group' ? decision.group.name : metaOf(decision.pod).name;
    const isLostRace = isApiError(error, 'NotFound') || isApiError(error, 'Conflict') || error instanceof Deposed;
    log[isLostRace ? 'debug' : 'warn']({ about, error: String(error) }, `${decision.type} failed`);
    if (decision.type !== 'bind') return;
    this.#metrics.failed();
    if (!isLostRace) await sleep(clock, RETRY_MS, this.#stopped.signal).catch(() => undefined);
    this.#scheduler.bindFailed(metaOf(decision.pod).uid ?? '');
    this.#wake();
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }
}
