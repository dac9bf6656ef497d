import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The kernel's own word on links and routes, from `ip monitor`: so nothing has to be looked at again and again. Owns the process. */
export class LinkMonitor {
  readonly #isOurs: (line: string) => boolean;
  readonly #changed: () => void;
  #child: ChildProcess | undefined;

  /** `changed` is called for lines that `isOurs` picks. */
  constructor(isOurs: (line: string) => boolean, changed: () => void) {
    this.#isOurs = isOurs;
    this.#changed = changed;
  }

  start(): void {
    if (this.#child) return;
    const child = spawn('ip', ['-o', 'monitor', 'link', 'address', 'route', 'neigh'], {
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
