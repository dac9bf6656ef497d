import { execFile } from 'node:child_process';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end; never rejects for a non-zero exit. */
export function run(
  command: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { maxBuffer: 64 << 20, env: options.env ?? process.env, timeout: 120_000 },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
        if (error && code === -1 && !error.killed) return reject(error);
        resolve({ code, stdout, stderr });
      },
    );
    // Who wants no input may have ended before it is written; the exit code tells how.
    child.stdin?.once('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** A real kubectl, bound to one cell. */
export class Kubectl {
  readonly #path: string;
  readonly #kubeconfig: string;

  constructor(path: string, kubeconfig: string) {
    this.#path = path;
    this.#kubeconfig = kubeconfig;
  }

  /** Whatever it answers. */
  try(args: readonly string[], input?: string): Promise<Ran> {
    // Without a cache directory of its own, kubectl would remember another cell's discovery documents.
    const env = { ...process.env, KUBECACHEDIR: `${this.#kubeconfig}.cache` };
    return run(this.#path, ['--kubeconfig', this.#kubeconfig, ...args], { input, env });
  }

  /** Standard output; rejects with what it said when it fails. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
    return stdout;
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'])) as T;
  }

  apply(manifest: object | string): Promise<string> {
    return this.run(['apply', '-f', '-'], typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  }
}
