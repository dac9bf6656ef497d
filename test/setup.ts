import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { locateTools } from '../deploy/setup/tools.mjs';
import { type PrivateEngine, startPrivateEngine } from './private-engine.ts';

declare module 'vitest' {
  /** What `inject` gives to integration and end-to-end tests. */
  export interface ProvidedContext {
    /** A Docker engine that answers: `unix:///path`. */
    dockerHost: string;
    /** The newest that is supported; the others are 1.33 and 1.31. */
    kubectl: string;
    kubectl33: string;
    kubectl31: string;
    /** Absent where only kubectl is there. */
    helm: string;
    etcd: string;
    prometheus: string;
    /** It reads Prometheus' configuration, and knows Kubernetes' discovery, without which Debian builds Prometheus. */
    victoriaMetrics: string;
    busybox: string;
  }
}

/** What all projects of one run share: it comes with the first and goes with the last. */
interface Shared {
  users: number;
  engine?: PrivateEngine;
  compileCache?: string;
}

// Vitest loads this module once per project, so what they share is kept on the process.
const KEY = Symbol.for('stowage.test.engine');
const shared = (): Shared => {
  const holder = process as unknown as Record<symbol, Shared | undefined>;
  holder[KEY] ??= { users: 0 };
  return holder[KEY];
};

/** Vitest's global set-up: finds the real programs that tests need, and a Docker engine, private if there is none. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const tools = await locateTools();
  const state = shared();
  if (!tools.dockerHost && tools.dockerd && !state.engine) state.engine = await startPrivateEngine(tools.dockerd);
  // stowctl keeps compiled code in the machine's temporary directory; what the tests start shall leave none there.
  state.compileCache ??= mkdtempSync(join(tmpdir(), 'stowage-test-compile-cache-'));
  process.env.NODE_COMPILE_CACHE = state.compileCache;
  state.users++;
  const found = { ...tools, dockerHost: state.engine?.host ?? tools.dockerHost };
  for (const name of Object.keys(SPOKEN) as (keyof typeof SPOKEN)[]) {
    const value = found[name];
    if (!value && process.env.CI === 'true') {
      await release();
      throw new Error(
        `the tests need ${SPOKEN[name]}, which this machine lacks: run \`node deploy/setup.mjs test\` as root`,
      );
    }
    project.provide(name, value ?? `missing: ${SPOKEN[name]}`);
  }
  project.provide('helm', found.helm ?? 'missing: helm');
  return release;
}

const SPOKEN = {
  dockerHost: 'a Docker engine',
  kubectl: 'kubectl',
  kubectl33: 'kubectl 1.33',
  kubectl31: 'kubectl 1.31',
  etcd: 'etcd',
  prometheus: 'Prometheus',
  victoriaMetrics: 'VictoriaMetrics',
  busybox: 'a dynamic BusyBox',
};

async function release(): Promise<void> {
  const state = shared();
  state.users--;
  if (state.users > 0) return;
  if (state.compileCache) rmSync(state.compileCache, { recursive: true, force: true });
  state.compileCache = undefined;
  if (!state.engine) return;
  const { engine } = state;
  state.engine = undefined;
  await engine.stop();
}
