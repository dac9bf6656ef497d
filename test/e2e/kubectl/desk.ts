import { type Ran, run } from '../../kubectl.ts';
import { Program } from '../../program.ts';

/** A person at a terminal: one kubectl, one cell, one namespace. */
export class Desk {
  readonly path: string;
  readonly kubeconfig: string;
  readonly namespace: string;

  constructor(path: string, kubeconfig: string, namespace: string) {
    this.path = path;
    this.kubeconfig = kubeconfig;
    this.namespace = namespace;
  }

  /** The same desk in another namespace. */
  in(namespace: string): Desk {
    return new Desk(this.path, this.kubeconfig, namespace);
  }

  #arguments(args: readonly string[]): string[] {
    // In full: `config set-context` of older kubectls has no short form.
    return ['--kubeconfig', this.kubeconfig, '--namespace', this.namespace, ...args];
  }

  #environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
    // Without a cache directory of its own, kubectl would remember another cell's discovery documents.
    return { ...process.env, KUBECACHEDIR: `${this.kubeconfig}.cache`, ...extra };
  }

  /** Whatever `kubectl` answers to the words of `line` (split at spaces) followed by `more`. */
  try(line: string, more: readonly string[] = [], options: { input?: string; env?: Record<string, string> } = {}) {
    return run(this.path, this.#arguments([...line.split(' '), ...more]), {
      input: options.input,
      env: this.#environment(options.env),
    });
  }

  /** Standard output; rejects with what it said when it fails. */
  async run(line: string, ...more: string[]): Promise<string> {
    return succeeded(line, await this.try(line, more));
  }

  /** Standard output with `object` (or text) on standard input. */
  async feed(line: string, object: object | string): Promise<string> {
    const input = typeof object === 'string' ? object : JSON.stringify(object);
    return succeeded(line, await this.try(line, [], { input }));
  }

  apply(object: object | string): Promise<string> {
    return this.feed('apply -f -', object);
  }

  async json<T>(line: string, ...more: string[]): Promise<T> {
    return JSON.parse(await this.run(line, ...more, '-o', 'json')) as T;
  }

  /** One value by JSONPath. */
  value(line: string, path: string): Promise<string> {
    return this.run(line, '-o', `jsonpath={${path}}`);
  }

  /** A kubectl that goes on; end it. */
  start(line: string, ...more: string[]): Program {
    return new Program(this.path, this.#arguments([...line.split(' '), ...more]), this.#environment());
  }
}

function succeeded(line: string, { code, stdout, stderr }: Ran): string {
  if (code !== 0) throw new Error(`kubectl ${line} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

/** The cells of a table that kubectl printed, by row. Columns are two or more spaces apart. */
export const rows = (table: string): string[][] =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd().split(/ {2,}/));
