import { nodes } from '../../api/core/node.ts';
import { pods } from '../../api/core/pod.ts';
import { isApiError } from '../../api/meta/errors.ts';
import type { Timer } from '../../platform/clock.ts';
import type { EventReport, FromAgent, Hello, UsageReport } from '../../proto/messages.ts';
import type { MasterContext } from '../context.ts';
import { AssignmentOutbox } from './assignment-outbox.ts';
import type { AssignmentRouter } from './assignment-router.ts';
import { Erasures } from './erasures.ts';
import type { Gathering } from './gathering.ts';
import { isTransient } from './latest-writer.ts';
import type { AgentLink } from './link.ts';
import type { NetworkFeeds } from './network-feeds.ts';
import type { NetworkOutlet } from './network-outlet.ts';
import { NodeWriter } from './node-writer.ts';
import { refusal } from './pod-status.ts';
import { PodStatusSink } from './pod-status-sink.ts';
import type { SessionLedger } from './session-ledger.ts';
import { SessionObjects } from './session-objects.ts';
import type { TunnelRequest } from './streams.ts';

const HELLO_TIMEOUT_MS = 15_000;
/** Requests to open tunnels that wait for a link that takes nothing. */
const MAX_WAITING_TUNNELS = 256;

export interface SessionParts {
  readonly context: MasterContext;
  readonly router: AssignmentRouter;
  readonly link: AgentLink;
  /** From the agent's certificate. */
  readonly nodeName: string;
  readonly cellId: string;
  readonly version: string;
  readonly heartbeatMs: number;
  /** Where renewals of all nodes' Leases gather. */
  readonly renewals: Gathering;
  /** Absent: the cell has no network of its own. */
  readonly network?: NetworkFeeds;
  /** Absent: this is the cell's only master. */
  readonly ledger?: SessionLedger;
  /** Whether the certificate by which the agent came is good no more. Default: it is good. */
  readonly isRevoked?: () => boolean;
  /** URLs of all masters, for the agent to know. Absent: this is the only one. */
  readonly masters?: () => readonly string[];
  /** The agent has measured what its node uses. */
  measured(report: UsageReport): void;
  /** The agent has said hello under its own name: from now on this is the node's session. */
  greeted(session: AgentSession): void;
}

/**
 * One agent's session. States: greeting (until hello), registering (while its Node is written), open, over. Owns the writers of
 * what it reports and the outbox of what it must be told; both are bounded by the number of pods on the node.
 */
export class AgentSession {
  readonly nodeName: string;
  readonly #parts: SessionParts;
  readonly #outbox: AssignmentOutbox;
  readonly #objects: SessionObjects;
  readonly #node: NodeWriter;
  readonly #pods: PodStatusSink;
  readonly #erasures: Erasures;
  #state: 'greeting' | 'registering' | 'open' | 'over' = 'greeting';
  #tunnelRequests: { id: string; request: TunnelRequest }[] = [];
  /** Tunnels that the agent is to close; at most as many as there are. */
  #closedTunnels: string[] = [];
  #greeting: Timer;
  #tick: Timer | undefined;
  #writable = true;
  #network: NetworkOutlet | undefined;
  /** As the agent was last told. */
  #masters: readonly string[] = [];
  #detach = () => {};

  constructor(parts: SessionParts) {
    const { link, nodeName, heartbeatMs } = parts;
    this.nodeName = nodeName;
    this.#objects = new SessionObjects(parts.context.objects, () => this.replace());
    const context = { ...parts.context, objects: this.#objects };
    this.#parts = { ...parts, context };
    this.#outbox = new AssignmentOutbox((object) => context.cache.json(object));
    this.#node = new NodeWriter(context, nodeName, heartbeatMs, parts.renewals);
    this.#pods = new PodStatusSink(context, nodeName);
    this.#erasures = new Erasures(context, nodeName);
    this.#greeting = context.clock.setTimer(HELLO_TIMEOUT_MS, () => link.drop('no hello came in time'));
    link.onDrain(() => {
      this.#writable = true;
      this.#network?.drained();
      this.#flush();
    });
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** Takes one message, in order. Never throws: what a message breaks ends its own session only. */
  receive(message: FromAgent): void {
    if (this.#state === 'over') return;
    if (message.goodbye) this.end();
    else if (message.hello) {
      if (this.#state === 'greeting') void this.#greet(message.hello);
      else this.#refuse('the agent said hello twice in one session');
    } else if (this.#state === 'open') this.#report(message);
    else this.#refuse(`the agent sent ${message.message ?? 'an empty message'} before it was welcomed`);
  }

  /** Asks the agent to open a tunnel; false when too many such requests wait for a link that takes nothing. */
  askTunnel(id: string, request: TunnelRequest): boolean {
    if (this.#tunnelRequests.length >= MAX_WAITING_TUNNELS) return false;
    this.#tunnelRequests.push({ id, request });
    this.#flush();
    return true;
  }

  /** Tells the agent that a tunnel's client has gone. */
  closeTunnel(id: string): void {
    if (this.#state !== 'open') return;
    this.#closedTunnels.push(id);
    this.#flush();
  }

  /**
   * The link is gone, or is to go. What was reported but not written yet is dropped: the agent says it again. `lost`: nobody has meant it
   * to go; then `giveUp` follows, unless the agent comes back.
   */
  end(why?: 'lost'): void {
    if (this.#state === 'over') return;
    const isLost = why === 'lost' && this.#state === 'open';
    this.#state = 'over';
    this.#greeting.cancel();
    this.#tick?.cancel();
    this.#detach();
    this.#network?.stop();
    void this.#node.stop();
    void this.#pods.stop();
    void this.#erasures.stop();
    if (!isLost) this.#release();
  }

  /** After `end('lost')`: the agent has come back to no master since. The node need not be waited for. Never rejects. */
  async giveUp(): Promise<void> {
    const { context } = this.#parts;
    try {
      await this.#node.giveUp();
    } catch (err) {
      // Where it has come back elsewhere, this is how we learn of it.
      context.log.debug({ err, node: this.nodeName }, 'a node was not given up');
    }
    this.#release();
  }

  /** Ends the session in favour of a newer one of the same node. */
  replace(): void {
    this.#refuse(`another agent has connected as node ${this.nodeName}; run one agent per node name`);
  }

  /** Ends the session; the agent is to dial again. */
  drop(reason: string): void {
    this.end();
    this.#parts.link.drop(reason);
  }

  #refuse(reason: string, what?: 'certificate'): void {
    this.end();
    this.#parts.context.log.warn({ node: this.nodeName, reason }, 'refused an agent');
    this.#parts.link.refuse(reason, what);
  }

  /** Whoever looks for the node's session need not come here any more. */
  #release(): void {
    const { fence } = this.#objects;
    const { ledger, context } = this.#parts;
    if (!fence || !ledger) return;
    const failed = (err: unknown) => context.log.debug({ err, node: this.nodeName }, 'could not sign a session off');
    ledger.release(fence).catch(failed);
  }

  async #greet(hello: Hello): Promise<void> {
    const { context, cellId, version, heartbeatMs, greeted, link, network, ledger, isRevoked } = this.#parts;
    this.#greeting.cancel();
    if (hello.nodeName !== this.nodeName) {
      return this.#refuse(
        `the agent's certificate is for node ${this.nodeName}, but it says it is ${hello.nodeName}: ` +
          'give it a data directory of its own, or the node name it joined with',
      );
    }
    if (isRevoked?.()) return this.#refuse(revokedText(this.nodeName), 'certificate');
    this.#state = 'registering';
    greeted(this);
    try {
      this.#objects.fence = await ledger?.take(this.nodeName);
      // It ended meanwhile, with nothing to sign off yet.
      if (this.#ended()) return this.#release();
      await this.#node.register(hello.nodeJson);
      // What another master has told the agent is not to be undone by one that is behind: what is over would run again.
      await context.cache.catchUp();
    } catch (error) {
      if (this.#ended()) return;
      const message = error instanceof Error ? error.message : String(error);
      if (isTransient(error)) return this.drop(`the node could not be written: ${message}`);
      if (isApiError(error)) return this.#refuse(`the node was not accepted: ${message}`);
      context.log.error({ err: error, node: this.nodeName }, 'could not register a node');
      return this.drop('the node could not be written');
    }
    if (this.#ended()) return;
    this.#state = 'open';
    context.log.info({ node: this.nodeName, version: hello.agentVersion }, 'an agent connected');
    this.#masters = this.#parts.masters?.() ?? [];
    link.send({
      message: 'welcome',
      welcome: {
        cellId,
        masterVersion: version,
        heartbeatMs,
        nowMs: context.clock.now(),
        network: network?.mode ?? '',
        masters: [...this.#masters],
      },
    });
    this.#attach();
    this.#network = network?.open(this.nodeName, link);
    this.#network?.drained();
  }

  /** Listing and listening happen in one tick, so that no change falls between them. */
  #attach(): void {
    const { router, link } = this.#parts;
    const { initial, detach } = router.attach(this.nodeName, (instructions) => {
      this.#outbox.put(instructions);
      if (instructions.length > 0) this.#schedule();
    });
    this.#detach = detach;
    this.#outbox.put(initial);
    this.#writable = link.send({ message: 'assignments', assignments: this.#outbox.takeComplete() });
    this.#schedule();
  }

  /** Changes of one tick go out together. */
  #schedule(): void {
    this.#tick ??= this.#parts.context.clock.setTimer(0, () => {
      this.#tick = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const { link } = this.#parts;
    while (this.#state === 'open' && this.#writable) {
      const closed = this.#closedTunnels.shift();
      if (closed !== undefined) {
        this.#writable = link.send({ message: 'closeTunnel', closeTunnel: { id: closed } });
        continue;
      }
      const tunnel = this.#tunnelRequests.shift();
      if (tunnel) {
        this.#writable = link.send({ message: 'openTunnel', openTunnel: { ...tunnel.request, id: tunnel.id } });
        continue;
      }
      const assignments = this.#outbox.take();
      if (!assignments) return;
      this.#writable = link.send({ message: 'assignments', assignments });
    }
  }

  #report(message: FromAgent): void {
    try {
      if (message.heartbeat) this.#heartbeat();
      else if (message.node) this.#node.report(message.node.statusJson);
      else if (message.pods) for (const report of message.pods.reports) this.#pods.report(report);
      else if (message.gone) for (const pod of message.gone.pods) this.#pods.gone(pod);
      else if (message.event) this.#event(message.event);
      else if (message.usage) this.#parts.measured(message.usage);
      else if (message.erased) for (const name of message.erased.names) this.#erasures.erased(name);
    } catch (error) {
      this.#parts.context.log.warn({ err: error, node: this.nodeName }, `ignored a message (${message.message})`);
    }
  }

  #heartbeat(): void {
    this.#node.heartbeat();
    const urls = this.#parts.masters?.() ?? [];
    if (urls.join() === this.#masters.join()) return;
    this.#masters = urls;
    this.#parts.link.send({ message: 'masters', masters: { urls: [...urls] } });
  }

  #event({ pod, type, reason, message, count, firstMs, lastMs }: EventReport): void {
    const { cache, events } = this.#parts.context;
    const known = pod && cache.get(pods, pod.namespace, pod.name);
    if (pod && (!known || refusal(known, pod.uid, this.nodeName))) return;
    const about = known ?? cache.get(nodes, undefined, this.nodeName);
    if (!about) return;
    const kind = type === 'Warning' ? 'Warning' : 'Normal';
    const happened = count > 0 ? { count, firstMs, lastMs } : undefined;
    events.record({ about, type: kind, reason, message, component: `agent/${this.nodeName}`, happened });
  }

  /** Whether the session ended while something was awaited. */
  #ended(): boolean {
    return this.#state === 'over';
  }
}

const revokedText = (nodeName: string): string =>
  `node ${nodeName} was deleted, and with it the certificate of its machine: to let the machine in again, start its agent with a new token (\`stowctl token create\`)`;
