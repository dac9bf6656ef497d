import { type BackoffPolicy, backoffMs } from '../../platform/backoff.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import type { AskMaster, MasterAnswer } from '../master-call.ts';
import { type Pod, type PodKey, podKey } from '../pod-types.ts';
import { fullName, mirrorOf, shownUid } from './static-pod.ts';

export interface MirrorsParts {
  readonly nodeName: string;
  readonly ask: AskMaster;
  /** The pod of this uid has a picture that it had not, and which may show something old, or nothing yet. */
  readonly shown: (uid: string) => void;
  /** Whether no container of the pod will run again. */
  readonly isOver: (uid: string) => boolean;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

export type MirrorStep =
  | { readonly type: 'make'; readonly pod: Pod }
  | { readonly type: 'remove'; readonly mirror: Pod };

const RETRY: BackoffPolicy = { baseMs: 500, maxMs: 60_000 };
const [OK, CREATED, ACCEPTED, NOT_FOUND] = [200, 201, 202, 404];

/**
 * What to do so that the API shows each static pod, as it is now, and no other. Pure; both maps are by full name.
 * `isOver`: no container of the pod of this uid will run again.
 */
export function planMirrors(
  wanted: ReadonlyMap<string, Pod>,
  seen: ReadonlyMap<string, Pod>,
  isOver: (uid: string) => boolean,
): MirrorStep[] {
  const steps: MirrorStep[] = [];
  for (const [name, mirror] of seen) {
    const uid = podKey(wanted.get(name) ?? {}).uid;
    const ended = mirror.status?.phase === 'Failed' || mirror.status?.phase === 'Succeeded';
    // Somebody else has declared over what goes on.
    const isFalse = ended && !isOver(uid);
    if (!uid || shownUid(mirror) !== uid || mirror.metadata?.deletionTimestamp || isFalse)
      steps.push({ type: 'remove', mirror });
  }
  for (const [name, pod] of wanted) if (!seen.has(name)) steps.push({ type: 'make', pod });
  return steps;
}

/**
 * The API's pictures of the pods that this node runs by itself (Kubernetes, "Create static Pods": mirror Pods). Owns what it knows of
 * them; they are told, and never listened to. Invariant: at most one round runs at a time; whatever happens meanwhile makes one more follow.
 */
export class Mirrors {
  private readonly parts: MirrorsParts;
  private readonly wanted = new Map<string, Pod>();
  private readonly seen = new Map<string, Pod>();
  /** The master has said which pictures there are. */
  private listed = false;
  private active: Promise<void> | undefined;
  private again = false;
  private failures = 0;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(parts: MirrorsParts) {
    this.parts = parts;
  }

  /** A static pod runs here. */
  keep(pod: Pod): void {
    this.wanted.set(fullName(pod), pod);
    this.wake();
  }

  /** Nothing is left of a static pod. */
  drop(pod: Pod): void {
    const name = fullName(pod);
    if (podKey(this.wanted.get(name) ?? {}).uid !== podKey(pod).uid) return;
    this.wanted.delete(name);
    this.wake();
  }

  /** The master tells of a picture. */
  see(mirror: Pod): void {
    const before = this.seen.get(fullName(mirror));
    this.seen.set(fullName(mirror), mirror);
    const uid = shownUid(mirror);
    if (uid && podKey(before ?? {}).uid !== podKey(mirror).uid) this.parts.shown(uid);
    this.wake();
  }

  /** The object of this uid is there no more. */
  gone(uid: string): void {
    for (const [name, mirror] of this.seen) if (podKey(mirror).uid === uid) this.seen.delete(name);
    this.wake();
  }

  /** The master has told of everything there is. */
  complete(uids: ReadonlySet<string>): void {
    for (const [name, mirror] of this.seen) if (!uids.has(podKey(mirror).uid)) this.seen.delete(name);
    this.listed = true;
    this.failures = 0;
    this.wake();
  }

  /** As whom the master knows a static pod; undefined while it does not. */
  pictureOf(pod: Pod): PodKey | undefined {
    const mirror = this.seen.get(fullName(pod));
    return mirror && shownUid(mirror) === podKey(pod).uid ? podKey(mirror) : undefined;
  }

  /** The pod that the object of this uid shows; undefined where it is no picture. */
  subjectOf(uid: string): string | undefined {
    for (const mirror of this.seen.values()) if (podKey(mirror).uid === uid) return shownUid(mirror);
    return undefined;
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private wake(): void {
    if (this.stopped || !this.listed) return;
    this.again = true;
    this.active ??= this.rounds().finally(() => {
      this.active = undefined;
      if (this.again) this.wake();
    });
  }

  private async rounds(): Promise<void> {
    const { clock, rng, log } = this.parts;
    // What else happened in this turn of the event loop belongs to the same round.
    await Promise.resolve();
    while (this.again && !this.stopped) {
      this.again = false;
      this.timer?.cancel();
      try {
        for (const step of planMirrors(this.wanted, this.seen, this.parts.isOver)) await this.carryOut(step);
        this.failures = 0;
      } catch (error) {
        this.failures += 1;
        if (this.failures === 1) log.warn({ err: error }, 'cannot show a static pod in the API yet; trying again');
        this.timer = clock.setTimer(backoffMs(RETRY, this.failures, rng), () => this.wake());
      }
    }
  }

  private carryOut(step: MirrorStep): Promise<void> {
    return step.type === 'make' ? this.make(step.pod) : this.remove(step.mirror);
  }

  private async make(pod: Pod): Promise<void> {
    const { nodeName, ask, shown } = this.parts;
    const node = await ask(`/api/v1/nodes/${nodeName}`, undefined, 'GET');
    const { uid } = (node.value.metadata ?? {}) as { uid?: string };
    if (node.code !== OK || !uid) throw new Error(`the API does not know the node: ${textOf(node)}`);
    const answer = await ask(pathOf(pod), mirrorOf(pod, nodeName, uid), 'POST');
    if (answer.code !== CREATED) throw new Error(`${fullName(pod)}: ${textOf(answer)}`);
    this.seen.set(fullName(pod), answer.value as Pod);
    shown(podKey(pod).uid);
  }

  private async remove(mirror: Pod): Promise<void> {
    const { name, uid } = podKey(mirror);
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    const answer = await this.parts.ask(`${pathOf(mirror)}/${name}`, body, 'DELETE');
    // Another one has its name: the master will tell of it.
    const CONFLICT = 409;
    if (![OK, ACCEPTED, NOT_FOUND, CONFLICT].includes(answer.code))
      throw new Error(`${fullName(mirror)}: ${textOf(answer)}`);
    if (podKey(this.seen.get(fullName(mirror)) ?? {}).uid === uid) this.seen.delete(fullName(mirror));
    this.again = true;
  }
}

const pathOf = (pod: Pod): string => `/api/v1/namespaces/${podKey(pod).namespace}/pods`;
const textOf = ({ code, value, text }: MasterAnswer): string =>
  typeof value.message === 'string' ? value.message : `${code} ${text.slice(0, 200)}`;
