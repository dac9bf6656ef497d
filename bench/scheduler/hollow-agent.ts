import { Connection } from '../../agent/connection.ts';
import type { DesiredPod } from '../../agent/plan/state.ts';
import { podKey } from '../../agent/pod-types.ts';
import { Reports } from '../../agent/reports.ts';
import type { AgentTransport } from '../../agent/transport.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod, PodStatus } from '../../api/core/pod.ts';
import { metaOf } from '../../api/meta/object.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import { stowageVersion } from '../../platform/version.ts';
import type { Assignments } from '../../proto/messages.ts';
import { runningStatus, succeededStatus } from './hollow-pod.ts';

/** The label of pods that end by themselves, as they should, as soon as they run. */
export const ENDS = 'bench/ends';

export interface HollowAgentParts {
  /** As the agent introduces itself with it. */
  readonly node: Node;
  /** The machine's number, from which it takes its addresses. */
  readonly index: number;
  readonly transport: AgentTransport;
  readonly rng: Rng;
  lost(): void;
}

/**
 * An agent without a machine: it holds a session and says its heartbeats as a real one does, and reports each pod it is given as running
 * at once (and as ended, where its label says so), gathered with others as a real one's reports are.
 *
 * Owns: the session, and the pods it was given.
 */
export class HollowAgent {
  readonly #parts: HollowAgentParts;
  readonly #connection: Connection;
  readonly #reports = new Reports(systemClock);
  readonly #pods = new Map<string, { desired: DesiredPod; status: PodStatus }>();
  readonly #joined = Promise.withResolvers<void>();
  #podsMade = 0;

  constructor(parts: HollowAgentParts) {
    this.#parts = parts;
    this.#connection = new Connection({
      transport: async () => parts.transport,
      hello: async () => this.#hello(),
      welcomed: async (_welcome, session) => {
        for (const { desired, status } of this.#pods.values()) this.#reports.status(desired, status);
        this.#reports.use(session);
        this.#joined.resolve();
      },
      message: ({ assignments }) => assignments && this.#assign(assignments),
      lost: () => {
        this.#reports.use(undefined);
        parts.lost();
      },
      heartbeat: (session) => session.send({ message: 'heartbeat', heartbeat: {} }),
      refused: (reason) => this.#joined.reject(reason),
      moveOn: () => true,
      clock: systemClock,
      rng: parts.rng,
      log: silentLogger,
    });
  }

  /** Resolves once the master has welcomed it. */
  async join(): Promise<void> {
    await this.#connection.start();
    await this.#joined.promise;
  }

  #hello() {
    const { node } = this.#parts;
    const nodeName = metaOf(node).name ?? '';
    const nodeJson = JSON.stringify({ apiVersion: 'v1', kind: 'Node', ...node });
    return { nodeName, agentVersion: stowageVersion(), nodeJson };
  }

  #assign({ upserts, removals }: Assignments): void {
    for (const { plural, json } of upserts) if (plural === 'pods') this.#put(JSON.parse(json) as Pod);
    for (const { uid } of removals) this.#pods.delete(uid);
  }

  #put(pod: Pod): void {
    const desired = { pod, wanted: true, sourcesVersion: '' };
    const { uid } = podKey(pod);
    if (pod.metadata?.deletionTimestamp) {
      this.#pods.delete(uid);
      this.#reports.podGone(desired);
    } else if (!this.#pods.has(uid)) {
      const status = this.#run(pod);
      this.#pods.set(uid, { desired, status });
      this.#reports.status(desired, status);
    }
  }

  #run(pod: Pod): PodStatus {
    const machine = `${this.#parts.index >> 8}.${this.#parts.index & 255}`;
    this.#podsMade = (this.#podsMade + 1) % 256;
    const nowMs = systemClock.now();
    const statusOf = pod.metadata?.labels?.[ENDS] ? succeededStatus : runningStatus;
    return statusOf(pod, { nowMs, hostIp: `172.${machine}.1`, podIp: `10.${machine}.${this.#podsMade}` });
  }
}
