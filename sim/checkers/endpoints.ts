import type { Observation, SeenObject } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { field, list, text } from './fields.ts';
import { PODS, podOf } from './pods.ts';
import { Quiet } from './quiet.ts';
import type { Change, SeenCell } from './seen-cell.ts';

const SLICES = 'discovery.k8s.io/endpointslices';
const SERVICES = '/services';
/** How long a Service may point at a pod that is not ready any more, while nothing disturbs the cell. */
export const DEAD_ENDPOINT_MS = 10_000;
const SWEEP_MS = 1_000;

/** Owns which slices name which pods as ready, and since when they should not. */
export class Endpoints implements Checker {
  /** Slices by the uid of the pods they call ready. */
  private readonly pointing = new Map<string, Set<string>>();
  private readonly overdue = new Map<
    string,
    { readonly slice: string; readonly uid: string; readonly sinceMs: number }
  >();
  private readonly ready = new Set<string>();
  private readonly quiet = new Quiet();
  private readonly report: Report;
  private readonly cell: SeenCell;
  private sweptMs = 0;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  take(seen: Observation): void {
    this.quiet.take(seen);
    if (this.overdue.size === 0 || (seen.atMs - this.sweptMs < SWEEP_MS && seen.type !== 'end')) return;
    this.sweptMs = seen.atMs;
    for (const [name, { slice, uid, sinceMs }] of this.overdue) {
      if (!this.quiet.has(sinceMs, DEAD_ENDPOINT_MS, seen.atMs)) continue;
      this.overdue.delete(name);
      if (this.mayPoint(slice)) continue;
      this.report(seen.atMs, `${slice} calls pod ${uid} ready, which it has not been since ${sinceMs} ms`);
    }
  }

  changed({ resource, key, before, after, atMs }: Change): void {
    if (resource === PODS) {
      const [was, is] = [before && podOf(before), after && podOf(after)];
      if (is?.ready && !is.deleting && !is.over) this.rise(is.uid);
      else this.fall((is ?? was)!.uid, atMs);
      if (was && is && was.uid !== is.uid) this.fall(was.uid, atMs);
    }
    if (resource === SLICES) this.slice(key, before, after, atMs);
  }

  private rise(uid: string): void {
    this.ready.add(uid);
    for (const slice of this.pointing.get(uid) ?? []) this.overdue.delete(`${slice} ${uid}`);
  }

  private fall(uid: string, atMs: number): void {
    this.ready.delete(uid);
    for (const slice of this.pointing.get(uid) ?? [])
      entryOf(this.overdue, `${slice} ${uid}`, () => ({ slice, uid, sinceMs: atMs }));
  }

  private slice(key: string, before: SeenObject | undefined, after: SeenObject | undefined, atMs: number): void {
    const [was, is] = [readyPods(before), readyPods(after)];
    for (const uid of was) {
      if (is.has(uid)) continue;
      this.pointing.get(uid)?.delete(key);
      this.overdue.delete(`${key} ${uid}`);
    }
    for (const uid of is) {
      entryOf(this.pointing, uid, () => new Set<string>()).add(key);
      // The watch of pods may yet tell that it is.
      if (!this.ready.has(uid)) entryOf(this.overdue, `${key} ${uid}`, () => ({ slice: key, uid, sinceMs: atMs }));
    }
  }

  /** A Service may ask for addresses that are not ready; what nobody makes from a Service is nobody's promise. */
  private mayPoint(slice: string): boolean {
    const object = this.cell.all(SLICES).get(slice);
    const service = text(object, 'metadata', 'labels', 'kubernetes.io/service-name');
    const found = this.cell.all(SERVICES).get(`${text(object, 'metadata', 'namespace')}/${service}`);
    return !found || field(found, 'spec', 'publishNotReadyAddresses') === true || !field(found, 'spec', 'selector');
  }
}

function readyPods(slice: SeenObject | undefined): ReadonlySet<string> {
  const ready = list(slice, 'endpoints').filter((endpoint) => field(endpoint, 'conditions', 'ready') !== false);
  return new Set(ready.map((endpoint) => text(endpoint, 'targetRef', 'uid')).filter((uid) => uid !== ''));
}
