import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FromAgent, FromMaster, Hello, TunnelFrame } from '../proto/messages.ts';
import { type AgentTransport, MasterRefused, MasterUnreachable, type Session } from './transport.ts';

/** The master's end of a session, as a test plays it. */
export interface ScriptedSession {
  readonly hello: Hello;
  send(message: FromMaster): void;
  /** The agent's next message after hello. */
  next(): Promise<FromAgent>;
  /** The link breaks, as when a cable is pulled or a master dies. */
  cut(): void;
}

export interface ScriptedTunnel {
  readonly id: string;
  write(frame: TunnelFrame): Promise<void>;
  next(): Promise<TunnelFrame | undefined>;
  /** The client behind the master has gone. */
  close(): void;
}

/** A network with a scripted master, for one transport under test. */
export interface TransportHarness {
  readonly transport: AgentTransport;
  nextSession(): Promise<ScriptedSession>;
  nextTunnel(): Promise<ScriptedTunnel>;
  /** From now on nobody answers dials. */
  goAway(): Promise<void>;
  close(): Promise<void>;
}

const hello: Hello = { nodeName: 'a', agentVersion: '1', nodeJson: '{}' };
const welcome: FromMaster = {
  message: 'welcome',
  welcome: { cellId: 'cell', masterVersion: '2', heartbeatMs: 10_000, nowMs: 0, network: '', masters: [] },
};
const heartbeat: FromAgent = { message: 'heartbeat', heartbeat: {} };

const assignment = (name: string, json = '{}'): FromMaster => ({
  message: 'assignments',
  assignments: { complete: false, upserts: [{ plural: 'pods', namespace: 'default', name, json }], removals: [] },
});
const data = (bytes: number): TunnelFrame => ({ frame: 'data', data: Buffer.alloc(bytes, 7) });

/** Behaviour that every `AgentTransport` shares. */
export function describeAgentTransport(name: string, open: () => Promise<TransportHarness>): void {
  describe(`the agent transport over ${name}`, () => {
    let harness: TransportHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.close());

    /** A welcomed session, with what the agent was told of it. */
    const connected = async () => {
      const messages: FromMaster[] = [];
      const watchers: (() => void)[] = [];
      let lost: Error | undefined;
      const told = () => {
        for (const watcher of watchers.splice(0)) watcher();
      };
      const dialled = harness.transport.connect(hello, {
        message: (message) => {
          messages.push(message);
          told();
        },
        lost: (reason) => {
          lost = reason;
          told();
        },
      });
      const master = await harness.nextSession();
      master.send(welcome);
      const session: Session = await dialled;
      const until = async (condition: () => boolean) => {
        while (!condition()) await new Promise<void>((resolve) => watchers.push(resolve));
      };
      return { session, master, messages, until, lost: () => lost };
    };
    /** A tunnel with both its ends. */
    const tunnelled = async () => {
      const { session, master } = await connected();
      const agentEnd = session.tunnel('t1');
      return { session, master, agentEnd, masterEnd: await harness.nextTunnel() };
    };

    test('says hello and resolves with the welcome', async () => {
      const { session, master } = await connected();
      expect(master.hello).toEqual(hello);
      expect(session.welcome).toEqual(welcome.welcome);
    });

    test('keeps the order of messages both ways', async () => {
      const { session, master, messages, until } = await connected();
      for (let i = 0; i < 50; i++) master.send(assignment(`pod-${i}`));
      await until(() => messages.length === 50);
      expect(messages.map((message) => message.assignments?.upserts[0]?.name)).toEqual(
        Array.from({ length: 50 }, (_, i) => `pod-${i}`),
      );
      expect(session.send(heartbeat)).toBe(true);
      expect(session.send({ message: 'node', node: { statusJson: '{}' } })).toBe(true);
      expect((await master.next()).message).toBe('heartbeat');
      expect((await master.next()).node).toEqual({ statusJson: '{}' });
    });

    test('carries an assignment of several megabytes whole', async () => {
      const { master, messages, until } = await connected();
      const json = JSON.stringify('x'.repeat(8 * 1024 * 1024));
      master.send(assignment('big', json));
      await until(() => messages.length === 1);
      expect(messages[0]?.assignments?.upserts[0]?.json).toBe(json);
    });

    test('a refusal is final and carries the reason', async () => {
      const dialled = harness.transport.connect(hello, { message() {}, lost() {} });
      const failed = expect(dialled).rejects.toThrow(MasterRefused);
      (await harness.nextSession()).send({
        message: 'refused',
        refused: { reason: 'not on the list', certificate: false },
      });
      await failed;
      await expect(dialled).rejects.toThrow(/not on the list/);
    });

    test('a refusal later on loses the session with the reason', async () => {
      const { master, until, lost } = await connected();
      master.send({ message: 'refused', refused: { reason: 'replaced', certificate: false } });
      await until(() => lost() !== undefined);
      expect(lost()).toBeInstanceOf(MasterRefused);
      expect(lost()?.message).toContain('replaced');
    });

    test('nobody there is trouble that passes', async () => {
      await harness.goAway();
      await expect(harness.transport.connect(hello, { message() {}, lost() {} })).rejects.toThrow(MasterUnreachable);
    });

    test('a broken link is noticed; nothing can be sent on it any more', async () => {
      const { session, master, until, lost } = await connected();
      master.cut();
      await until(() => lost() !== undefined);
      expect(lost()).toBeInstanceOf(MasterUnreachable);
      expect(session.send(heartbeat)).toBe(false);
    });

    test('connects again after a loss', async () => {
      const first = await connected();
      first.master.cut();
      await first.until(() => first.lost() !== undefined);
      const second = await connected();
      expect(second.session.send(heartbeat)).toBe(true);
      expect((await second.master.next()).message).toBe('heartbeat');
    });

    test('closing says nothing to the handlers', async () => {
      const { session, master, lost, messages } = await connected();
      session.close();
      expect(session.send(heartbeat)).toBe(false);
      master.send(assignment('late'));
      // It may say goodbye, and nothing else.
      const rest = async () => {
        const last = await master.next();
        expect(last.goodbye).toBeDefined();
        return master.next();
      };
      await expect(rest()).rejects.toThrow();
      expect(lost()).toBeUndefined();
      expect(messages).toEqual([]);
    });

    test('a master that does not read holds one state per thing, the newest', async () => {
      const { session, master } = await connected();
      const padding = 'x'.repeat(64 * 1024);
      const report = (n: number): FromAgent => ({
        message: 'pods',
        pods: { reports: [{ namespace: 'default', name: 'p', uid: 'u', statusJson: JSON.stringify({ n, padding }) }] },
      });
      for (let n = 1; n <= 2000; n++) expect(session.send(report(n))).toBe(true);
      let last = 0;
      let count = 0;
      while (last < 2000) {
        const message = await master.next();
        for (const { statusJson } of message.pods?.reports ?? []) {
          const { n } = JSON.parse(statusJson) as { n: number };
          expect(n).toBeGreaterThan(last);
          last = n;
          count++;
        }
      }
      expect(count).toBeLessThan(500);
    });

    test('a tunnel names itself and carries frames both ways', async () => {
      const { agentEnd, masterEnd } = await tunnelled();
      expect(masterEnd.id).toBe('t1');
      await masterEnd.write({ frame: 'data', data: Buffer.from('in') });
      const frames = agentEnd[Symbol.asyncIterator]();
      expect((await frames.next()).value).toEqual({ frame: 'data', data: Buffer.from('in') });
      await agentEnd.write({ frame: 'stderr', stderr: Buffer.from('out') });
      await agentEnd.write({ frame: 'result', result: { ok: true, exitCode: 3, message: '' } });
      agentEnd.close();
      expect(await masterEnd.next()).toEqual({ frame: 'stderr', stderr: Buffer.from('out') });
      expect((await masterEnd.next())?.result?.exitCode).toBe(3);
    });

    test('a stalled reader holds its writer, and gets every byte once it reads', async () => {
      const { agentEnd, masterEnd } = await tunnelled();
      const FRAME_BYTES = 64 * 1024;
      const FRAMES = 400;
      let written = 0;
      const writing = (async () => {
        for (; written < FRAMES; written++) await agentEnd.write(data(FRAME_BYTES));
        await agentEnd.write({ frame: 'result', result: { ok: true, exitCode: 0, message: '' } });
      })();
      // The writer has come to rest when the event loop turns many times without another frame.
      for (let quiet = 0, before = -1; quiet < 200; before = written) {
        await new Promise((resolve) => setImmediate(resolve));
        quiet = written === before ? quiet + 1 : 0;
      }
      expect(written).toBeLessThan(100);
      let bytes = 0;
      for (let frame = await masterEnd.next(); frame && !frame.result; frame = await masterEnd.next()) {
        bytes += frame.data?.length ?? 0;
      }
      await writing;
      expect(bytes).toBe(FRAMES * FRAME_BYTES);
    });

    test('a master that closes a tunnel ends writes and reads of the agent', async () => {
      const { agentEnd, masterEnd } = await tunnelled();
      const reading = agentEnd[Symbol.asyncIterator]().next();
      masterEnd.close();
      const outcome = await reading.then(
        ({ done }) => done,
        () => true,
      );
      expect(outcome).toBe(true);
      await expect(agentEnd.write(data(1))).rejects.toThrow();
    });

    test('a master that closes a tunnel is heard by an agent that reads nothing of it', async () => {
      const { agentEnd, masterEnd, master } = await tunnelled();
      const piece = { frame: 'data', data: Buffer.alloc(64 * 1024) } as const;
      // More than the network holds: the rest waits at the master.
      for (let count = 0; count < 20; count++) masterEnd.write(piece).catch(() => {});
      expect(agentEnd.gone.aborted).toBe(false);
      masterEnd.close();
      master.send({ message: 'closeTunnel', closeTunnel: { id: 't1' } });
      await new Promise<void>((resolve) => {
        if (agentEnd.gone.aborted) resolve();
        agentEnd.gone.addEventListener('abort', () => resolve(), { once: true });
      });
    });

    test('a lost session takes its tunnels with it', async () => {
      const { agentEnd, master } = await tunnelled();
      const reading = agentEnd[Symbol.asyncIterator]().next();
      const failed = expect(reading).rejects.toThrow();
      master.cut();
      await failed;
      await expect(agentEnd.write(data(1))).rejects.toThrow();
    });
  });
}
