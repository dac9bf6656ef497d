import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import type { RulesPlace } from './base-rules.ts';
import { FlowTable } from './flow-table.ts';
import { acceptPods } from './forwarding.ts';
import { GuardBook, type StartingPod } from './guard-book.ts';
import { KernelMonitor } from './kernel-monitor.ts';
import { ProgramFailed, run, runIfAny } from './program.ts';
import { RuleTable } from './rule-table.ts';
import { serviceKeys, serviceSource } from './service-source.ts';
import type { NetworkChange, NetworkState } from './state.ts';
import { Worker } from './worker.ts';

export interface KernelRulesParts {
  readonly state: NetworkState;
  /** Undefined: nothing can be said yet. */
  readonly place: () => RulesPlace | undefined;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** What the kernel tells of one change comes in several lines. */
const LOOK_AFTER_MS = 50;
const GUARD_MS = 10_000;

/**
 * Brings the kernel's table of the cell up to date, and puts it back where somebody removes it. Owns the rules as they were last put there,
 * and the monitor that tells when they are gone.
 */
export class KernelRules {
  readonly #parts: KernelRulesParts;
  readonly #guards: GuardBook;
  readonly #table: RuleTable;
  readonly #flows: FlowTable;
  readonly #writing: Worker;
  readonly #repairing: Worker;
  /** They wait for the next rules. */
  #waiting: (() => void)[] = [];
  #monitor: KernelMonitor | undefined;

  constructor(parts: KernelRulesParts) {
    this.#parts = parts;
    const { state, log } = parts;
    this.#guards = new GuardBook(state);
    this.#table = new RuleTable([serviceSource(state), this.#guards]);
    this.#flows = new FlowTable(log);
    const failed = (what: string) => (err: unknown) => log.warn({ err }, `could not ${what}; trying again`);
    this.#writing = new Worker({
      ...parts,
      work: () => this.#write(),
      failed: failed("bring the kernel's rules for services and policies up to date"),
    });
    this.#repairing = new Worker({
      ...parts,
      work: () => this.#repair(),
      gatherMs: LOOK_AFTER_MS,
      failed: failed('put back the rules that somebody removed'),
    });
  }

  /** The engine's network is there: all rules are written, whatever there was. */
  open({ place: { table }, ownPods }: RulesPlace): void {
    const isOurs = (line: string) => line.includes(`ip ${table}`);
    this.#monitor ??= new KernelMonitor(['nft', 'monitor', 'destroy', 'tables'], isOurs, () => this.#repairing.ask());
    this.#monitor.start();
    this.#guards.use(ownPods);
    this.#table.reset();
    this.#writing.ask();
  }

  /**
   * A pod starts. Resolves once the rules of the policies about it are in the kernel (Kubernetes docs, "Network Policies", "Pod lifecycle":
   * pods are isolated before they are started). Rejects with {@link ProgramFailed} where that takes too long.
   */
  async guard(address: string, pod: StartingPod): Promise<void> {
    const stale = this.#guards.expect(address, pod);
    if (stale.size === 0) return;
    this.#table.changed(stale);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const tooLong = `the rules of network policies could not be put into the kernel within ${GUARD_MS / 1_000} s`;
    const timer = this.#parts.clock.setTimer(GUARD_MS, () => reject(new ProgramFailed(tooLong)));
    this.#waiting.push(resolve);
    this.#writing.ask();
    await promise.finally(() => timer.cancel());
  }

  changed(change: NetworkChange): void {
    const guarded = this.#guards.changed(change);
    this.#table.changed(guarded);
    this.#table.changed(serviceKeys(change.services));
    if (change.all) this.#table.allChanged();
    if (change.all || change.services.size + guarded.size > 0) this.#writing.ask();
  }

  /** The rules stay. */
  async stop(): Promise<void> {
    this.#monitor?.stop();
    await Promise.all([this.#writing.stop(), this.#repairing.stop()]);
  }

  async #write(): Promise<void> {
    const place = this.#parts.place();
    if (!place) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const next = this.#table.next(place);
      for (const resolve of next ? [] : waiting) resolve();
      if (!next) return;
      await run('nft', ['-f', '-'], next.text);
      next.done();
      for (const resolve of waiting) resolve();
      await this.#flows.forget(next.left);
    } catch (error) {
      // What is there is not what was thought: begin anew.
      this.#table.reset();
      this.#waiting.unshift(...waiting);
      throw error;
    }
  }

  /** Whoever begins with `flush ruleset`, as firewalls' settings do, takes the cell's rules with his own. */
  async #repair(): Promise<void> {
    const place = this.#parts.place()?.place;
    if (!place) return;
    // It may have ended.
    this.#monitor?.start();
    // We replace the table ourselves, too, but it is never away.
    if ((await runIfAny('nft', ['-t', 'list', 'table', 'ip', place.table])) !== undefined) return;
    this.#parts.log.warn(
      { table: place.table },
      "somebody removed the cell's rules from the kernel; putting them back",
    );
    await acceptPods(place);
    this.#table.reset();
    this.#writing.ask();
  }
}
