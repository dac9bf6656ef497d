import type { Observation, SeenObject } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { list, text } from './fields.ts';
import { PODS, podOf } from './pods.ts';
import type { Change } from './seen-cell.ts';

const SECRETS = '/secrets';
/** The onlooker may hear of a pod so much later than its agent. */
const CROSSING_MS = 10_000;
/** A master that is cut off from its store goes by the pods that it knew of. */
const STALE_MS = 90_000;

interface Handed {
  readonly machine: string;
  readonly use: string;
  readonly atMs: number;
}

/** Owns which secrets the pods of each node use, and those that were handed out for a pod that nobody has seen yet. */
export class Secrets implements Checker {
  /** `node secret` to the number of pods, and when the last of them went. */
  private readonly uses = new Map<string, { pods: number; endedMs: number }>();
  private unexplained: Handed[] = [];
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  take(seen: Observation): void {
    if (seen.type === 'handed' && seen.target.resource === SECRETS)
      this.handed(seen.machine, `${seen.target.namespace}/${seen.target.name}`, seen.atMs);
    if (this.unexplained.length > 0) this.expire(seen.atMs - CROSSING_MS);
  }

  finish(): void {
    // What was handed out in the last moments may yet be explained by what was not told any more.
    this.unexplained = [];
  }

  changed({ resource, before, after, atMs }: Change): void {
    if (resource !== PODS) return;
    for (const use of usesOf(before)) {
      const found = this.uses.get(use);
      if (!found) continue;
      found.pods -= 1;
      found.endedMs = atMs;
    }
    const begun = usesOf(after);
    for (const use of begun) entryOf(this.uses, use, () => ({ pods: 0, endedMs: 0 })).pods += 1;
    if (this.unexplained.length > 0 && begun.size > 0)
      this.unexplained = this.unexplained.filter(({ machine, use }) => !begun.has(`${machine} ${use}`));
  }

  private handed(machine: string, use: string, atMs: number): void {
    const found = this.uses.get(`${machine} ${use}`);
    if (found && (found.pods > 0 || found.endedMs >= atMs - STALE_MS)) return;
    this.unexplained.push({ machine, use, atMs });
  }

  private expire(beforeMs: number): void {
    const late = this.unexplained.filter(({ atMs }) => atMs < beforeMs);
    if (late.length === 0) return;
    this.unexplained = this.unexplained.filter(({ atMs }) => atMs >= beforeMs);
    for (const { machine, use, atMs } of late)
      this.report(atMs, `the secret ${use} was given to ${machine}, none of whose pods uses it`);
  }
}

/** `node secret` of every secret that the pod names. */
function usesOf(pod: SeenObject | undefined): ReadonlySet<string> {
  const uses = new Set<string>();
  if (!pod) return uses;
  const { node, namespace } = podOf(pod);
  if (!node) return uses;
  for (const name of secretsOf(pod)) uses.add(`${node} ${namespace}/${name}`);
  return uses;
}

function secretsOf(pod: SeenObject): ReadonlySet<string> {
  const names = list(pod, 'spec', 'imagePullSecrets').map((each) => text(each, 'name'));
  for (const volume of list(pod, 'spec', 'volumes')) {
    names.push(text(volume, 'secret', 'secretName'));
    for (const source of list(volume, 'projected', 'sources')) names.push(text(source, 'secret', 'name'));
  }
  for (const field of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of list(pod, 'spec', field)) {
      for (const each of list(container, 'env')) names.push(text(each, 'valueFrom', 'secretKeyRef', 'name'));
      for (const each of list(container, 'envFrom')) names.push(text(each, 'secretRef', 'name'));
    }
  }
  return new Set(names.filter((name) => name !== ''));
}
