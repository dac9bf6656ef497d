import { isGivenUp, type Lease, leases } from '../../api/coordination/lease.ts';
import { type Node, nodes } from '../../api/core/node.ts';
import { type NodeStatus, NodeStatusSchema } from '../../api/core/node-status.ts';
import { decode, decodeWith } from '../../api/meta/decode.ts';
import { badRequest, isApiError } from '../../api/meta/errors.ts';
import { microTimestamp } from '../../platform/clock.ts';
import { NODE_USER_PREFIX } from '../../proto/enrolment.ts';
import type { MasterContext } from '../context.ts';
import type { Gathering } from './gathering.ts';
import { LatestWriter } from './latest-writer.ts';
import { contradicts, mergeNodeStatus, needsUpdate, newNode, updateNode } from './node-registration.ts';

export const LEASE_NAMESPACE = 'kube-node-lease';
/** How long a renewed Lease speaks for its node; Kubernetes' default. */
const LEASE_SECONDS = 40;

type Write = { readonly type: 'status'; readonly status: NodeStatus } | { readonly type: 'lease' };

/**
 * Writes one node's object, status and Lease as its session hears of them. Owns a writer with two keys, `status` and `lease`:
 * at most one write of each is under way, and the newest word wins.
 */
export class NodeWriter {
  readonly #context: MasterContext;
  readonly #nodeName: string;
  readonly #user: { user: string };
  readonly #leaseIntervalMs: number;
  readonly #renewals: Gathering;
  readonly #writer: LatestWriter<Write>;
  #reported: NodeStatus | undefined;
  #leaseWrittenAtMs = Number.NEGATIVE_INFINITY;

  /** `renewals` gathers what renews Leases of many nodes. */
  constructor(context: MasterContext, nodeName: string, heartbeatMs: number, renewals: Gathering) {
    this.#context = context;
    this.#renewals = renewals;
    this.#nodeName = nodeName;
    this.#user = { user: `${NODE_USER_PREFIX}${nodeName}` };
    // A little less than the beat, so that one that comes early by jitter is not left out.
    this.#leaseIntervalMs = heartbeatMs * 0.75;
    this.#writer = new LatestWriter<Write>({
      clock: context.clock,
      rng: context.rng,
      write: (_key, value) => (value.type === 'lease' ? this.#renewLease() : this.#writeStatus(value.status)),
      merge: (_older, newer) => newer,
      failed: (key, error) => context.log.warn({ err: error, node: nodeName }, `could not write the node's ${key}`),
    });
  }

  /**
   * Makes or updates the Node from an agent's hello. Rejects with `ApiError` when the JSON is no valid Node, or when the store
   * is away.
   */
  async register(nodeJson: string): Promise<void> {
    const reported = decode(nodes, parse(nodeJson, 'the node in hello')).object;
    let node = this.#node() ?? (await this.#create(reported));
    if (needsUpdate(node, reported, this.#nodeName)) {
      node = await this.#update((current) => updateNode(current, reported, this.#nodeName), 'main');
    }
    // First, or what the status says were taken for the word of a node that is lost.
    const lease = this.#lease();
    if (lease && isGivenUp(lease)) await this.#renewLease();
    if (reported.status) {
      this.#reported = reported.status;
      node = await this.#writeStatus(reported.status);
    }
    await this.#context.cache.waitFor(Number(node.metadata?.resourceVersion));
    this.heartbeat();
  }

  /** The agent's status as JSON. Throws `ApiError` when it is none. */
  report(statusJson: string): void {
    const status = decodeWith(NodeStatusSchema, parse(statusJson, 'the node status'), 'NodeStatus').object;
    this.#reported = status;
    this.#writer.put('status', { type: 'status', status });
  }

  /** The agent is alive: renews the Lease (at most once per interval), and says again what others took back meanwhile. */
  heartbeat(): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#leaseWrittenAtMs < this.#leaseIntervalMs) return;
    this.#leaseWrittenAtMs = nowMs;
    const node = this.#node();
    // Somebody deleted the node: it stays deleted until its agent connects anew, as with a kubelet.
    if (!node) return;
    this.#renewals.add(() => this.#writer.put('lease', { type: 'lease' }));
    if (this.#reported && contradicts(node.status, this.#reported)) {
      this.#writer.put('status', { type: 'status', status: this.#reported });
    }
  }

  stop(): Promise<void> {
    return this.#writer.stop();
  }

  /** The agent is gone, and has not come back: nobody need wait for the Lease to run out. */
  async giveUp(): Promise<void> {
    if (!this.#lease()) return;
    const release = (lease: Lease) => {
      lease.spec = { ...lease.spec, holderIdentity: '' };
    };
    await this.#context.objects.update(leases, LEASE_NAMESPACE, this.#nodeName, release, this.#user);
  }

  #lease(): Lease | undefined {
    return this.#context.cache.get(leases, LEASE_NAMESPACE, this.#nodeName);
  }

  #node(): Node | undefined {
    return this.#context.cache.get(nodes, undefined, this.#nodeName);
  }

  async #create(reported: Node): Promise<Node> {
    try {
      return await this.#context.objects.create(nodes, newNode(reported, this.#nodeName), this.#user);
    } catch (error) {
      // The cache was behind: an update that changes nothing reads what is there.
      if (!isApiError(error, 'AlreadyExists')) throw error;
      return this.#update(() => {}, 'main');
    }
  }

  #update(change: (node: Node) => void, part: 'main' | 'status'): Promise<Node> {
    return this.#context.objects.update(nodes, undefined, this.#nodeName, change, this.#user, { part });
  }

  #writeStatus(status: NodeStatus): Promise<Node> {
    return this.#update((node) => {
      node.status = mergeNodeStatus(node.status, status, this.#context.clock.now());
    }, 'status');
  }

  async #renewLease(): Promise<void> {
    const { objects, clock } = this.#context;
    const renewTime = microTimestamp(clock.now());
    const spec = { holderIdentity: this.#nodeName, leaseDurationSeconds: LEASE_SECONDS, renewTime };
    if (this.#lease()) {
      const renew = (lease: Lease) => {
        lease.spec = { ...lease.spec, ...spec };
      };
      await objects.update(leases, LEASE_NAMESPACE, this.#nodeName, renew, this.#user);
      return;
    }
    const uid = this.#node()?.metadata?.uid;
    // The node may have been deleted since the heartbeat.
    if (!uid) return;
    // The Lease goes when its node is deleted.
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: this.#nodeName, uid }];
    const metadata = { name: this.#nodeName, namespace: LEASE_NAMESPACE, ownerReferences };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    await objects.create(leases, lease, this.#user).catch((error: unknown) => {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    });
  }
}

/** JSON from an agent; `what` names it for people. */
export function parse(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw badRequest(`${what} is not JSON: ${json.slice(0, 80)}`, cause);
  }
}
