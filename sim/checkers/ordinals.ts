import type { Observation } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { PODS, podOf } from './pods.ts';
import { NODES } from './room.ts';
import type { Change, SeenCell } from './seen-cell.ts';
import { Whereabouts } from './whereabouts.ts';

interface Run {
  readonly fromMs: number;
  toMs: number;
}

/**
 * Owns when the pods of StatefulSets had a container running, by set and ordinal. Judged at the end, since containers may be seen before
 * the onlooker is told whose they are. Who deletes a pod by force, or its node, gives the promise up (Kubernetes, "Force Delete
 * StatefulSet Pods"): the pod's past then says nothing.
 */
export class Ordinals implements Checker {
  private readonly whereabouts = new Whereabouts();
  private readonly runs = new Map<string, Run[]>();
  private readonly names = new Map<string, Set<string>>();
  private readonly forced = new Set<string>();
  private readonly report: Report;
  private readonly cell: SeenCell;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  take(seen: Observation): void {
    if (seen.type === 'asked' && seen.verb === 'delete' && seen.graceSeconds === 0)
      this.force(seen.target.resource, seen.target);
    const places = this.whereabouts.take(seen);
    if (seen.type === 'container' && places) this.follow(seen.podUid, places.length > 0, seen.atMs);
    if (seen.type === 'machine' && !seen.up) {
      for (const [uid, runs] of this.runs) {
        if (runs.at(-1)?.toMs === RUNNING && this.whereabouts.placesOf(uid).length === 0) runs.at(-1)!.toMs = seen.atMs;
      }
    }
  }

  changed({ resource, key, before, after }: Change): void {
    if (resource === NODES && !after) this.nodeGone(key.slice(1));
    if (resource !== PODS || !after || before) return;
    const { owner, uid } = podOf(after);
    if (owner?.kind !== 'StatefulSet') return;
    entryOf(this.names, key, () => new Set<string>()).add(uid);
  }

  finish(): void {
    for (const [key, uids] of this.names) {
      const known = [...uids].filter((uid) => !this.forced.has(uid));
      const runs = known.flatMap((uid) => (this.runs.get(uid) ?? []).map((run) => ({ uid, ...run })));
      runs.sort((a, b) => a.fromMs - b.fromMs);
      for (const [index, run] of runs.entries()) {
        const next = runs.slice(index + 1).find(({ uid, fromMs }) => uid !== run.uid && fromMs < run.toMs);
        if (next)
          this.report(next.fromMs, `${key} runs twice: as pod ${run.uid} since ${run.fromMs} ms, and as ${next.uid}`);
      }
    }
  }

  private follow(uid: string, running: boolean, atMs: number): void {
    const runs = this.runs.get(uid) ?? [];
    const last = runs.at(-1);
    if (running && last?.toMs !== RUNNING) runs.push({ fromMs: atMs, toMs: RUNNING });
    if (!running && last?.toMs === RUNNING) last.toMs = atMs;
    if (!this.runs.has(uid)) this.runs.set(uid, runs);
  }

  private force(resource: string, { namespace, name }: { readonly namespace: string; readonly name: string }): void {
    if (resource === NODES) this.nodeGone(name);
    if (resource !== PODS) return;
    for (const [key, object] of this.cell.all(PODS)) {
      if (key === `${namespace}/${name}` || (!name && key.startsWith(`${namespace}/`)))
        this.forced.add(podOf(object).uid);
    }
  }

  private nodeGone(node: string): void {
    for (const [, object] of this.cell.all(PODS)) if (podOf(object).node === node) this.forced.add(podOf(object).uid);
  }
}

const RUNNING = Number.POSITIVE_INFINITY;
