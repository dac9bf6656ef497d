import type { Pod } from '../agent/pod-types.ts';
import {
  type AgentTransport,
  MasterUnreachable,
  type Session,
  type SessionHandlers,
  type Tunnel,
} from '../agent/transport.ts';
import type { FromAgent, FromMaster, Hello, TunnelFrame } from '../proto/messages.ts';

/** A master that says what a test tells it to, and remembers what it hears. It is its own transport. */
export class ScriptedMaster implements AgentTransport {
  cellId = 'cell-1';
  /** While set nobody answers. */
  away = false;
  readonly hellos: Hello[] = [];
  readonly heard: FromAgent[] = [];
  readonly tunnels = new Map<string, ScriptedTunnel>();
  private handlers: SessionHandlers | undefined;

  async connect(hello: Hello, handlers: SessionHandlers): Promise<Session> {
    if (this.away) throw new MasterUnreachable('the scripted master is away');
    this.hellos.push(hello);
    this.handlers = handlers;
    const mine = () => this.handlers === handlers;
    return {
      welcome: { cellId: this.cellId, masterVersion: 'test', heartbeatMs: 1_000, nowMs: 0, network: '', masters: [] },
      send: (message) => mine() && this.heard.push(message) > 0,
      tunnel: (id) => {
        const tunnel = new ScriptedTunnel();
        this.tunnels.set(id, tunnel);
        return tunnel;
      },
      close: () => {
        if (mine()) this.handlers = undefined;
      },
    };
  }

  get connected(): boolean {
    return this.handlers !== undefined;
  }

  /** The session breaks. */
  cut(): void {
    const { handlers } = this;
    this.handlers = undefined;
    handlers?.lost(new MasterUnreachable('the link was cut'));
  }

  say(message: FromMaster): void {
    this.handlers?.message(message);
  }

  /** All pods there are. */
  assignAll(...pods: Pod[]): void {
    this.assign(true, pods);
  }

  /** These changed. */
  assignSome(...pods: Pod[]): void {
    this.assign(false, pods);
  }

  /** The last status heard of a pod. */
  status(name: string): Pod['status'] {
    const reports = this.heard.flatMap((message) => message.pods?.reports ?? []);
    const last = reports.filter((report) => report.name === name).at(-1);
    return last && JSON.parse(last.statusJson);
  }

  get gone(): string[] {
    return this.heard.flatMap((message) => message.gone?.pods ?? []).map((pod) => pod.name);
  }

  private assign(complete: boolean, pods: readonly Pod[]): void {
    const upserts = pods.map((pod) => {
      const { namespace = '', name = '' } = pod.metadata ?? {};
      return { plural: 'pods', namespace, name, json: JSON.stringify(pod) };
    });
    this.say({ message: 'assignments', assignments: { complete, upserts, removals: [] } });
  }
}

/** The master's end of a tunnel: keeps what the agent writes. */
export class ScriptedTunnel implements Tunnel {
  readonly frames: TunnelFrame[] = [];
  readonly gone = new AbortController().signal;
  private readonly closed = Promise.withResolvers<void>();

  async write(frame: TunnelFrame): Promise<void> {
    // As a network would: the sender may use its buffer again.
    this.frames.push(frame.data ? { ...frame, data: Buffer.from(frame.data) } : frame);
  }

  /** Says nothing, and ends when the tunnel is closed. */
  [Symbol.asyncIterator](): AsyncIterator<TunnelFrame> {
    return { next: () => this.closed.promise.then(() => ({ done: true, value: undefined })) };
  }

  close(): void {
    this.closed.resolve();
  }

  get text(): string {
    return Buffer.concat(this.frames.flatMap((frame) => frame.data ?? [])).toString();
  }

  get result(): TunnelFrame['result'] {
    return this.frames.at(-1)?.result;
  }
}
