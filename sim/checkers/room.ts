import type { SeenObject } from '../history.ts';
import { type Amounts, add, amountsOf, exceeds } from './amounts.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { field } from './fields.ts';
import { bandRank, PODS, PRODUCTION_RANK, podOf } from './pods.ts';
import type { Change } from './seen-cell.ts';

export const NODES = '/nodes';
/** A bind and a change of the node may pass each other on their way. */
const CROSSING_MS = 5_000;

interface Machine {
  /** What it offers, and what it offered until lately. */
  readonly offers: { readonly amounts: Amounts; untilMs: number }[];
  readonly reserved: Map<string, number>;
}

/** Owns what each node offers, and what pods of production that are bound there ask for. */
export class Room implements Checker {
  private readonly machines = new Map<string, Machine>();
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  changed({ resource, key, before, after, atMs }: Change): void {
    if (resource === NODES) this.node(key.slice(1), after, atMs);
    if (resource !== PODS) return;
    const [was, is] = [reservation(before), reservation(after)];
    if (was) add(this.machineOf(was.node).reserved, was.amounts, -1);
    if (!is) return;
    add(this.machineOf(is.node).reserved, is.amounts);
    // Only the scheduler is held to it: who names the node of his pod himself takes what he gets.
    if (before && !podOf(before).node) this.judge(key, is.node, is.amounts, atMs);
  }

  private node(name: string, after: SeenObject | undefined, atMs: number): void {
    const { offers } = this.machineOf(name);
    const last = offers.at(-1);
    if (last) last.untilMs = Math.min(last.untilMs, atMs);
    if (after)
      offers.push({ amounts: amountsOf(field(after, 'status', 'allocatable')), untilMs: Number.POSITIVE_INFINITY });
    while (offers.length > 1 && offers[0]!.untilMs < atMs - CROSSING_MS) offers.shift();
  }

  private judge(pod: string, node: string, asked: Amounts, atMs: number): void {
    const { offers, reserved } = this.machineOf(node);
    const recent = offers.filter(({ untilMs }) => untilMs >= atMs - CROSSING_MS);
    if (recent.length === 0) return;
    for (const name of asked.keys()) {
      const offered = Math.max(...recent.map(({ amounts }) => amounts.get(name) ?? 0));
      const used = reserved.get(name) ?? 0;
      if (!exceeds(used, offered)) continue;
      this.report(
        atMs,
        `pod ${pod} was bound to ${node}, where production has reserved ${used} of ${name} by now, of ${offered}`,
      );
      return;
    }
  }

  private machineOf(node: string): Machine {
    return entryOf(this.machines, node, () => ({ offers: [], reserved: new Map() }));
  }
}

function reservation(object: SeenObject | undefined): { readonly node: string; readonly amounts: Amounts } | undefined {
  if (!object) return undefined;
  const { node, over, priority, holds } = podOf(object);
  return node && !over && bandRank(priority) <= PRODUCTION_RANK ? { node, amounts: holds } : undefined;
}
