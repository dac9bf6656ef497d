import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

/** The entry point as it is run from a checkout. */
export const STOWCTL = fileURLToPath(new URL('../cell/stowctl.ts', import.meta.url));

/** A program under test, with all it has said. */
export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  static stowctl(...args: string[]): Program {
    return new Program(process.execPath, [STOWCTL, ...args]);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get output(): string {
    return `${this.stdout}\n${this.stderr}`;
  }

  /** Resolves once a line of standard output matches; rejects when the program ends before, or at the deadline. */
  async saysLine(pattern: RegExp, deadlineMs = 60_000): Promise<void> {
    await eventually(
      `a line like ${pattern}`,
      () => {
        if (this.stdout.split('\n').some((line) => pattern.test(line))) return true;
        if (!this.running)
          throw new Error(`the program ended with ${this.child.exitCode}: ${this.output.slice(-2000)}`);
        return false;
      },
      deadlineMs,
    ).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}\n${this.output.slice(-4000)}`);
    });
  }

  /** Sends the signal and resolves with the exit code (null when the signal ended it). */
  async end(signal: NodeJS.Signals = 'SIGTERM', deadlineMs = 40_000): Promise<number | null> {
    if (!this.running) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    const overdue = setTimeout(() => this.child.kill('SIGKILL'), deadlineMs);
    await exited;
    clearTimeout(overdue);
    return this.child.exitCode;
  }

  /** Resolves with the exit code once the program has ended by itself. */
  async exit(deadlineMs = 30_000): Promise<number | null> {
    await eventually('the program to end', () => !this.running, deadlineMs);
    return this.child.exitCode;
  }
}
