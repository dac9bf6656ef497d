import { unavailable } from '../../api/meta/errors.ts';
import { AssignmentRouter } from '../../master/agents/assignment-router.ts';
import { Gathering } from '../../master/agents/gathering.ts';
import type { AgentLink } from '../../master/agents/link.ts';
import { AgentSession } from '../../master/agents/session.ts';
import type { AgentStreams } from '../../master/agents/streams.ts';
import { UsageBook } from '../../master/agents/usage.ts';
import type { MasterContext } from '../../master/context.ts';
import type { FromMaster } from '../../proto/messages.ts';
import type { Connection } from '../network/connection.ts';
import { knows, type Release, wireForm } from '../network/wire-form.ts';

const RENEWALS_GATHER_MS = 250;

/** What an agent dials: a master that takes the other end of the connection. */
export interface AgentDoor {
  readonly ready: boolean;
  /** `machine` is what the agent's certificate would say. */
  answer(machine: string, connection: () => Connection): AgentDoorway;
}

export interface AgentDoorway {
  received(bytes: Buffer): void;
  lost(): void;
}

/** What agents are told of the master. */
export interface AgentTerms {
  readonly cellId: string;
  readonly heartbeatMs: number;
  readonly release: Release;
}

/** The master's side of all agents, as master/agents/server.ts has it, with the simulated network in the place of gRPC. */
export class AgentDesk implements AgentDoor, AgentStreams {
  readonly usage = new UsageBook();
  readonly #context: MasterContext;
  readonly #terms: AgentTerms;
  readonly #router: AssignmentRouter;
  readonly #renewals: Gathering;
  readonly #sessions = new Map<string, AgentSession>();
  #started = false;

  constructor(context: MasterContext, terms: AgentTerms) {
    this.#context = context;
    this.#terms = terms;
    this.#router = new AssignmentRouter(context.cache);
    this.#renewals = new Gathering(context.clock, RENEWALS_GATHER_MS);
  }

  get ready(): boolean {
    return this.#started;
  }

  /** Nodes that have a session. */
  get connected(): number {
    return this.#sessions.size;
  }

  start(): void {
    this.#router.start();
    this.#started = true;
  }

  async open(nodeName: string): Promise<never> {
    throw unavailable(`streams to node ${nodeName} are not simulated`);
  }

  answer(machine: string, connection: () => Connection): AgentDoorway {
    const { cellId, heartbeatMs, release } = this.#terms;
    const session: AgentSession = new AgentSession({
      context: this.#context,
      router: this.#router,
      link: linkOver(connection, release, () => this.#over(session)),
      nodeName: machine,
      ...{ cellId, heartbeatMs, version: release },
      renewals: this.#renewals,
      measured: (report) => this.usage.report(machine, report),
      greeted: (greeted) => this.#greeted(greeted),
    });
    return {
      received: (bytes) => session.receive(wireForm(release).agentMessage(bytes)),
      lost: () => this.#over(session),
    };
  }

  #greeted(session: AgentSession): void {
    this.#sessions.get(session.nodeName)?.replace();
    this.#sessions.set(session.nodeName, session);
  }

  #over(session: AgentSession): void {
    session.end();
    if (this.#sessions.get(session.nodeName) !== session) return;
    this.#sessions.delete(session.nodeName);
    this.usage.forget(session.nodeName);
  }
}

/** `over`: the session has been ended from this side. */
function linkOver(connection: () => Connection, release: Release, over: () => void): AgentLink {
  const close = () => {
    connection().close(1);
    over();
  };
  const send = (message: FromMaster) => {
    if (knows(release, message)) connection().send(1, wireForm(release).masterBytes(message));
  };
  return {
    send(message) {
      send(message);
      return true;
    },
    onDrain() {},
    refuse(reason) {
      send({ message: 'refused', refused: { reason } } as FromMaster);
      close();
    },
    drop: close,
  };
}
