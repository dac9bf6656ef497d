import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * The kernel's own word on what changes in it, from a program that prints a line for each change (`ip monitor`, `nft monitor`): so nothing
 * has to be looked at again and again. Owns the process.
 */
export class KernelMonitor {
  readonly #command: readonly string[];
  readonly #isOurs: (line: string) => boolean;
  readonly #changed: () => void;
  #child: ChildProcess | undefined;

  /** `changed` is called for lines that `isOurs` picks. */
  constructor(command: readonly string[], isOurs: (line: string) => boolean, changed: () => void) {
    this.#command = command;
    this.#isOurs = isOurs;
    this.#changed = changed;
  }

  start(): void {
    if (this.#child) return;
    const [program = '', ...args] = this.#command;
    const child = spawn(program, args, {
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (this.#isOurs(line)) this.#changed();
    });
    // Whoever ended it may have changed more: look once, and begin again with that look.
    child.on('error', () => {});
    child.on('close', () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#changed();
    });
  }

  stop(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill();
  }
}
