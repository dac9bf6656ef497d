import { spawn } from 'node:child_process';

/** Where system programs lie, also where only root's login shells look. */
const PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

/** What each program is part of, for those who lack it. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  haproxy: 'haproxy',
  iptables: 'iptables',
};

/** A program failed, or is not there. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
}

/** Runs a program of the system to its end and gives what it wrote. Rejects with {@link ProgramFailed}, in words for people. */
export function run(program: string, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, PATH }, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new ProgramFailed(notRun(program, error), { cause: error })),
    );
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const words = complaint.trim().split('\n').slice(0, 5).join('; ') || `it ended with ${code ?? signal}`;
      reject(new ProgramFailed(`\`${[program, ...args].join(' ')}\` failed: ${words}`));
    });
    // It may end without reading.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}

function notRun(program: string, error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') return `cannot run ${program}: ${error.message}`;
  const part = PACKAGES[program];
  return `the cell's network needs the program ${program}, which this machine lacks${part ? `: install the package ${part}` : ''}`;
}

/** Runs it, and gives nothing where it fails: for questions about what may not be there. */
export const runIfAny = (program: string, args: readonly string[]): Promise<string | undefined> =>
  run(program, args).catch((error: Error) => {
    if (error.cause) throw error;
    return undefined;
  });
