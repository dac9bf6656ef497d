import { DEVICES_LABEL } from './devices.ts';
import { observedContainer } from './labels.ts';
import type { ObservedContainer } from './plan/state.ts';
import type { ContainerEvent, ContainerInfo } from './runtime.ts';

/** How far a container is in its life, which only goes forward. */
const RANK = { created: 0, running: 1, exited: 2 } as const;

interface Entry {
  readonly uid: string;
  readonly namespace: string;
  readonly podName: string;
  readonly container: ObservedContainer;
  /** Devices it was made with; see `devices.ts`. */
  readonly devices?: string;
  /** Number of the change that last touched it. */
  readonly change: number;
}

/**
 * What the agent knows of the engine's containers. Owns the only copy; news comes from the engine's events, from a list after
 * each (re)connection, and from what the agent itself just did, in any order, so that every change is a merge.
 *
 * Invariant: a container's state never goes back, unless the engine reports a later start than its last end.
 */
export class ContainerStore {
  private readonly entries = new Map<string, Entry>();
  private readonly pods = new Map<string, Set<string>>();
  private readonly changed: (uid: string) => void;
  private changes = 0;

  /** `changed` is called, at once, with the uid of the pod of every container that changed. */
  constructor(changed: (uid: string) => void) {
    this.changed = changed;
  }

  /** Containers of one pod. */
  of(uid: string): ObservedContainer[] {
    const found: ObservedContainer[] = [];
    for (const id of this.pods.get(uid) ?? []) {
      const entry = this.entries.get(id);
      if (entry) found.push(entry.container);
    }
    return found;
  }

  get(id: string): ObservedContainer | undefined {
    return this.entries.get(id)?.container;
  }

  /** Ids of the images of all containers. */
  *images(): Generator<string> {
    for (const { container } of this.entries.values()) if (container.imageId) yield container.imageId;
  }

  /** Every pod of which there is a container. */
  *seenPods(): Generator<{ uid: string; namespace: string; name: string }> {
    for (const [uid, ids] of this.pods) {
      const [first = ''] = ids;
      const entry = this.entries.get(first);
      if (entry) yield { uid, namespace: entry.namespace, name: entry.podName };
    }
  }

  /** Devices of the containers that have not ended. */
  *devices(): Generator<string> {
    for (const { devices, container } of this.entries.values())
      if (devices !== undefined && container.state !== 'exited') yield devices;
  }

  /** Takes over an inspection. */
  note(info: ContainerInfo): void {
    const found = observedContainer(info);
    if (!found) return;
    const before = this.entries.get(info.id)?.container;
    this.put(info.labels, before ? merge(before, found) : found);
  }

  /** Takes over one event; repeated and late ones do no harm. */
  apply(event: ContainerEvent): void {
    const { id, type, atMs } = event;
    // The end of a container that is not known any more is old news: it has been removed since.
    const fresh = type === 'created' || type === 'started' ? observedContainer(asInfo(event)) : undefined;
    const before = this.entries.get(id)?.container ?? fresh;
    if (type === 'removed') this.forget(id);
    else if (before) this.put(event.labels, advance(before, event, atMs));
  }

  /** A start that the engine refused: the attempt has had its chance. */
  failedToStart(id: string, message: string, atMs: number): void {
    const entry = this.entries.get(id);
    if (!entry || entry.container.state === 'exited') return;
    const failed = { state: 'exited', exitCode: 128, error: message, finishedAtMs: atMs } as const;
    this.update(id, entry, { ...entry.container, ...failed });
  }

  forget(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.delete(id);
    const ids = this.pods.get(entry.uid);
    ids?.delete(id);
    if (ids?.size === 0) this.pods.delete(entry.uid);
    this.changed(entry.uid);
  }

  /** Marks the moment before a list is asked for; see {@link replace}. */
  mark(): number {
    return this.changes;
  }

  /** Takes over a whole list: what is not in it, and was not touched since `mark`, is gone. */
  replace(list: readonly ContainerInfo[], mark: number): void {
    const listed = new Set(list.map((info) => info.id));
    for (const [id, entry] of this.entries) {
      if (!listed.has(id) && entry.change <= mark) this.forget(id);
    }
    for (const info of list) this.note(info);
  }

  private put(labels: ContainerInfo['labels'], container: ObservedContainer): void {
    const before = this.entries.get(container.id);
    if (before) this.update(container.id, before, container);
    else this.add(labels, container);
  }

  private add(labels: ContainerInfo['labels'], container: ObservedContainer): void {
    const uid = labels['io.kubernetes.pod.uid'] ?? '';
    const ids = this.pods.get(uid) ?? new Set();
    this.pods.set(uid, ids.add(container.id));
    const namespace = labels['io.kubernetes.pod.namespace'] ?? '';
    const podName = labels['io.kubernetes.pod.name'] ?? '';
    this.changes += 1;
    const devices = labels[DEVICES_LABEL];
    this.entries.set(container.id, { uid, namespace, podName, devices, container, change: this.changes });
    this.changed(uid);
  }

  private update(id: string, entry: Entry, container: ObservedContainer): void {
    this.changes += 1;
    this.entries.set(id, { ...entry, container, change: this.changes });
    if (!same(entry.container, container)) this.changed(entry.uid);
  }
}

function asInfo(event: ContainerEvent): ContainerInfo {
  const { id, name, image, labels, atMs } = event;
  return { id, name, image, labels, imageId: '', state: 'created', createdAtMs: atMs };
}

/** Two sights of one container: the later state, with what either knows. */
function merge(before: ObservedContainer, found: ObservedContainer): ObservedContainer {
  const startedAgain = (found.startedAtMs ?? 0) > (before.finishedAtMs ?? Number.POSITIVE_INFINITY);
  const forward = RANK[found.state] >= RANK[before.state] || startedAgain;
  const [older, newer] = forward ? [before, found] : [found, before];
  const known = Object.fromEntries(Object.entries(newer).filter(([, value]) => value !== undefined && value !== ''));
  const merged = { ...older, ...known, paused: found.paused } as ObservedContainer;
  // Why a start failed is told to the agent and not kept by every engine.
  return newer.state === 'running' ? { ...merged, finishedAtMs: undefined, exitCode: undefined } : merged;
}

function advance(before: ObservedContainer, event: ContainerEvent, atMs: number): ObservedContainer {
  switch (event.type) {
    case 'started': {
      const late = before.state !== 'created' && atMs <= (before.finishedAtMs ?? before.startedAtMs ?? 0);
      if (late || before.state === 'running') return before;
      return { ...before, state: 'running', startedAtMs: atMs, finishedAtMs: undefined, exitCode: undefined };
    }
    case 'paused':
      return before.state === 'running' ? { ...before, paused: true } : before;
    case 'resumed':
      return { ...before, paused: undefined };
    case 'died': {
      if (before.state === 'exited' || atMs < (before.startedAtMs ?? 0)) return before;
      return {
        ...before,
        state: 'exited',
        finishedAtMs: atMs,
        exitCode: event.exitCode ?? 0,
        pid: undefined,
        paused: undefined,
      };
    }
    case 'oom':
      return { ...before, oomKilled: true };
    default:
      return before;
  }
}

const same = (a: ObservedContainer, b: ObservedContainer): boolean => JSON.stringify(a) === JSON.stringify(b);
