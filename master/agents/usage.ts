import type { MeasuredUsage, NodeUsageReport, PodUsage, UsageReport } from '../../proto/messages.ts';

/** What was measured, with the end of the time over which it was. */
export type NodeReading = MeasuredUsage & { readonly atMs: number };
export type PodReading = Pick<PodUsage, 'containers'> & { readonly atMs: number };

/** The newest word on what nodes and pods use. */
export interface UsageReader {
  ofNode(nodeName: string): NodeReading | undefined;
  /** Of a pod, by its uid, as the agent of its node measured it. */
  ofPod(nodeName: string, uid: string): PodReading | undefined;
  /** Resolves once what other masters know has been asked for, or cannot be had. Absent: there is nothing to ask for. Never rejects. */
  refresh?(): Promise<void>;
}

interface NodeEntry {
  readonly atMs: number;
  readonly node: MeasuredUsage | undefined;
  readonly pods: ReadonlyMap<string, PodUsage>;
}

/**
 * Owns the newest report of each node whose agent is connected: in memory only, since a reading is of no use for longer than until
 * the next one comes. What is asked of a node is answered from its own report, so that no agent can speak of another's pods.
 */
export class UsageBook implements UsageReader {
  readonly #nodes = new Map<string, NodeEntry>();

  report(nodeName: string, { atMs, node, pods }: UsageReport): void {
    this.#nodes.set(nodeName, { atMs, node: node ?? undefined, pods: new Map(pods.map((pod) => [pod.uid, pod])) });
  }

  /** The agent has gone: nobody knows any more. */
  forget(nodeName: string): void {
    this.#nodes.delete(nodeName);
  }

  /** All that is known, for another book. */
  reports(): NodeUsageReport[] {
    return [...this.#nodes].map(([nodeName, { atMs, node = null, pods }]) => ({
      nodeName,
      report: { atMs, node, pods: [...pods.values()] },
    }));
  }

  ofNode(nodeName: string): NodeReading | undefined {
    const entry = this.#nodes.get(nodeName);
    return entry?.node && { ...entry.node, atMs: entry.atMs };
  }

  ofPod(nodeName: string, uid: string): PodReading | undefined {
    const entry = this.#nodes.get(nodeName);
    const pod = entry?.pods.get(uid);
    return entry && pod && { containers: pod.containers, atMs: entry.atMs };
  }
}
