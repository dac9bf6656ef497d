import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Node } from '../../api/core/node.ts';

export interface HollowAgentsOptions {
  readonly masterUrl: string;
  readonly joinToken: string;
  /** Where their certificates are kept. */
  readonly dataDir: string;
  readonly nodes: readonly Node[];
}

/** An agent was welcomed for the first time, or has lost its session and dials again. */
export interface FromHollowAgents {
  readonly type: 'joined' | 'lost';
}

const CHILD = fileURLToPath(new URL('./hollow-agents-child.ts', import.meta.url));
const SAY_EVERY = 1000;

/**
 * Agents of many machines that run nothing, in a process of their own, so that what they use can be told apart.
 *
 * Owns: that process; `end` ends it, and it ends when this one does.
 */
export class HollowAgents {
  readonly #child: ChildProcess;
  /** How often one of them has lost its session. */
  lost = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves once all of them are welcomed. */
  static async join(options: HollowAgentsOptions, say: (progress: string) => void): Promise<HollowAgents> {
    const agents = new HollowAgents(fork(CHILD));
    await agents.#join(options, say);
    return agents;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #join(options: HollowAgentsOptions, say: (progress: string) => void): Promise<void> {
    const startMs = performance.now();
    let joined = 0;
    return new Promise((resolve, reject) => {
      this.#child.on('message', ({ type }: FromHollowAgents) => {
        if (type === 'lost') this.lost++;
        else joined++;
        if (type === 'joined' && joined % SAY_EVERY === 0) {
          say(`${joined} agents joined, ${Math.round((performance.now() - startMs) / 1000)} s`);
        }
        if (joined === options.nodes.length) resolve();
      });
      this.#child.once('exit', (code) =>
        reject(new Error(`the agents' process ended with ${code}: it says why above`)),
      );
      this.#child.send(options);
    });
  }
}
