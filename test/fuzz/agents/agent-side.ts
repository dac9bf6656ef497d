import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgent } from '../../../agent/main.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../../platform/rng.ts';
import type { FromMaster } from '../../../proto/messages.ts';
import { FakeRuntime } from '../../../sim/container-runtime.ts';
import { ScriptedMaster } from '../../../sim/scripted-master.ts';

const PATIENCE_MS = 10_000;

/** An agent with an engine in memory, to which a master may say what it likes. */
export async function agentSide() {
  const dataDir = await mkdtemp(join(tmpdir(), 'stowage-fuzz-agent-'));
  const clock = new ManualClock();
  const master = new ScriptedMaster();
  const place = { dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 };
  const runtime = new FakeRuntime({ clock });
  const agent = createAgent({ ...place, runtime, transport: master, clock, rng: seededRng(1), log: silentLogger });
  let turn = 0;

  async function until(what: string, check: () => boolean): Promise<void> {
    for (const end = performance.now() + PATIENCE_MS; !check(); await clock.advance(20)) {
      if (performance.now() > end) throw new TypeError(`it never came to pass: ${what}`);
    }
  }

  await agent.start();
  await until('the agent dials', () => master.connected);
  await clock.advance(50);

  /** Says all of it; afterwards a sound pod must run, and go. */
  async function hear(messages: readonly FromMaster[]): Promise<void> {
    for (const message of messages) {
      master.say(message);
      await clock.advance(1);
    }
    await clock.advance(100);
    await until('the agent is connected again', () => master.connected);
    turn += 1;
    const name = `sound-${turn}`;
    const metadata = { namespace: 'default', name, uid: `uid-of-${name}`, resourceVersion: '1' };
    const spec = { restartPolicy: 'Always' as const, containers: [{ name: 'app', image: 'i', command: ['serve'] }] };
    master.assignAll({ metadata, spec } as never);
    await until('a sound pod runs', () => master.status(name)?.phase === 'Running');
    master.assignAll();
    await until('all containers have gone', () => runtime.all().length === 0);
    master.heard.length = 0;
  }

  async function stop(): Promise<void> {
    let stopped = false;
    const stopping = agent.stop().then(() => {
      stopped = true;
    });
    await until('the agent stops', () => stopped);
    await stopping;
    await rm(dataDir, { recursive: true, force: true });
  }

  return { hear, stop };
}
