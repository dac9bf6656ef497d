import type { Clock } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import type { AskMaster } from '../master-call.ts';
import { type Pod, type PodKey, podKey } from '../pod-types.ts';
import { Mirrors } from './mirrors.ts';
import { isStatic } from './static-pod.ts';
import { type LocalPods, StaticPods } from './static-pods.ts';

export interface OwnPodsParts {
  readonly nodeName: string;
  /** Where manifests lie; undefined: nowhere. */
  readonly directory: string | undefined;
  readonly ask: AskMaster;
  /** All pods of the node, once `start` is called. */
  readonly pods: () => LocalPods & {
    find(uid: string): { readonly pod: Pod } | undefined;
    isOver(uid: string): boolean;
    tellAgain(uid: string): void;
  };
  /** Tells people of a file that is no manifest. */
  readonly faulty: (message: string) => void;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/**
 * The pods that this machine runs by itself, from files, and their pictures in the API. Owns both, and says by which uid the master and
 * the machine mean the same pod.
 */
export class OwnPods implements Service {
  readonly mirrors: Mirrors;
  private readonly parts: OwnPodsParts;
  private statics: StaticPods | undefined;

  constructor(parts: OwnPodsParts) {
    const { nodeName, ask, pods, clock, rng, log } = parts;
    this.parts = parts;
    this.mirrors = new Mirrors({
      ...{ nodeName, ask, clock, rng, log },
      shown: (uid) => pods().tellAgain(uid),
      isOver: (uid) => pods().isOver(uid),
    });
  }

  /** Takes up the manifests; pods whose manifest has gone are ended. */
  async start(): Promise<void> {
    const { directory, nodeName, pods, faulty, clock, log } = this.parts;
    // What reads manifests knows all of the API's rules for pods; most agents do without.
    const read = directory === undefined ? undefined : (await import('./manifest.ts')).readManifest;
    const manifests = directory !== undefined && read ? { directory, read } : undefined;
    this.statics = new StaticPods({ ...{ manifests, nodeName, faulty, clock, log }, pods: pods() });
    await this.statics.start();
  }

  async stop(): Promise<void> {
    await this.statics?.stop();
    this.mirrors.stop();
  }

  /** Nothing is left of a pod. */
  gone(pod: Pod): void {
    if (isStatic(pod)) this.statics?.settle();
  }

  /** As whom the master knows a pod; undefined: not at all. */
  refOf(pod: Pod): PodKey | undefined {
    return isStatic(pod) ? this.mirrors.pictureOf(pod) : podKey(pod);
  }

  /** The same for the uid that it has here. */
  knownUid(uid: string): string | undefined {
    const found = this.parts.pods().find(uid);
    return found && this.refOf(found.pod)?.uid;
  }

  /** The uid under which a pod that the master speaks of runs here. */
  uidOf(uid: string): string {
    return this.mirrors.subjectOf(uid) ?? uid;
  }
}
