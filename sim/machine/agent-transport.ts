import {
  type AgentTransport,
  MasterRefused,
  MasterUnreachable,
  type Session,
  type SessionHandlers,
} from '../../agent/transport.ts';
import type { FromAgent, FromMaster, Hello, Welcome } from '../../proto/messages.ts';
import type { AgentDoor, AgentDoorway } from '../master/agent-desk.ts';
import type { Connection } from '../network/connection.ts';
import type { Network } from '../network/network.ts';
import { knows, type Release, wireForm } from '../network/wire-form.ts';
import type { Life } from '../time/life.ts';

/** A master as it can be dialled. */
export interface Dialled {
  readonly host: string;
  readonly life: Life;
  readonly door: AgentDoor;
}

export interface TransportParts {
  readonly host: string;
  readonly life: Life;
  readonly network: Network;
  /** Of the agent. */
  readonly release: Release;
  /** Whom this dial leads to: undefined where nobody listens. */
  readonly dial: () => { readonly host: string; readonly master: Dialled | undefined };
  /** Hears what masters say, as it arrives. */
  readonly heard?: (message: FromMaster) => void;
  /** What the agent hears in the place of what was said to it. */
  readonly ears?: (message: FromMaster) => FromMaster;
}

/** As the adapter for gRPC waits. */
const WELCOME_TIMEOUT_MS = 20_000;

/** The AgentTransport seam over the simulated network. States of a session as in agent/grpc/session.ts. */
export function simulatedTransport(parts: TransportParts): AgentTransport {
  const { network, host, life } = parts;
  return {
    connect: (hello, handlers) =>
      new Promise((resolve, reject) => {
        const { host: there, master } = parts.dial();
        const late = life.after(WELCOME_TIMEOUT_MS, 'welcome-timeout', () => {
          reject(new MasterUnreachable('the master did not answer hello in time'));
          opened?.close(0);
        });
        const settle = (fn: () => void) => {
          late.cancel();
          fn();
        };
        let opened: Connection | undefined;
        network.timeline.after(2 * network.delayMs(), `dial ${there}`, () => {
          const reached = network.reaches(host, there) && network.reaches(there, host);
          if (!life.alive || !reached) return;
          if (!master?.life.alive || !master.door.ready) {
            life.after(0, 'refused', () => settle(() => reject(new MasterUnreachable('connection refused'))));
            return;
          }
          opened = openSession(parts, master, hello, handlers, {
            welcomed: (session) => settle(() => resolve(session)),
            failed: (reason) => settle(() => reject(reason)),
          });
        });
      }),
  };
}

interface Opening {
  welcomed(session: Session): void;
  failed(reason: Error): void;
}

function openSession(
  { network, host, life, heard, ears, release }: TransportParts,
  master: Dialled,
  hello: Hello,
  handlers: SessionHandlers,
  opening: Opening,
): Connection {
  let isOpen = false;
  let doorway: AgentDoorway | undefined;
  const connection: Connection = network.connect([
    {
      ...{ host, life },
      received(bytes) {
        network.timeline.trace.bytes(bytes as Buffer);
        const said = wireForm(release).masterMessage(bytes as Buffer);
        const message = ears?.(said) ?? said;
        heard?.(message);
        if (message.refused) return refused(message);
        if (isOpen) handlers.message(message);
        else if (message.welcome) {
          isOpen = true;
          opening.welcomed(sessionOver(connection, message.welcome, release));
        }
      },
      lost: (reason) => fail(new MasterUnreachable(reason.message)),
    },
    {
      host: master.host,
      life: master.life,
      received(bytes) {
        network.timeline.trace.bytes(bytes as Buffer);
        doorway?.received(bytes as Buffer);
      },
      lost: () => doorway?.lost(),
    },
  ]);
  const fail = (reason: Error) => (isOpen ? handlers.lost(reason) : opening.failed(reason));
  const refused = (message: FromMaster) => {
    connection.close(0);
    fail(new MasterRefused(`the master says: ${message.refused?.reason}`));
  };
  doorway = master.door.answer(host, () => connection);
  const named = { ...hello, agentVersion: release === 'current' ? hello.agentVersion : release };
  connection.send(0, wireForm(release).agentBytes({ message: 'hello', hello: named } as FromAgent));
  return connection;
}

function sessionOver(connection: Connection, welcome: Welcome, release: Release): Session {
  return {
    welcome,
    send(message) {
      if (!connection.hears(0)) return false;
      if (knows(release, message)) connection.send(0, wireForm(release).agentBytes(message));
      return true;
    },
    tunnel() {
      throw new MasterUnreachable('tunnels are not simulated');
    },
    close: () => connection.close(0),
  };
}
