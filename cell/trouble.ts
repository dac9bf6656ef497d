import { CommandFailure } from '../cli/failure.ts';

/** Trouble that a person can do something about. Its message is one clear sentence; no stack is shown. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  /** 1: it did not work. 2: it was asked wrongly. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** What to print, and the exit code. */
export interface Verdict {
  readonly message: string;
  readonly exitCode: number;
}

/** Named errors of the parts (store, agent) whose message is already fit for people. */
const SPOKEN = new Set([
  'StoreUnavailable',
  'MasterRefused',
  'MasterUnreachable',
  'RuntimeError',
  'ApiError',
  'BadValue',
  'UnknownController',
  'Misconfigured',
]);

/**
 * The verdict on an error that ends a command. Known trouble becomes one sentence; anything else is a bug of ours and keeps its
 * stack, so that it can be reported.
 */
export function verdictOn(error: unknown): Verdict {
  if (error instanceof CommandFailure) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof Trouble) return { message: `stowctl: ${error.message}`, exitCode: error.exitCode };
  const spoken = innermost(error, (each) => SPOKEN.has(each.name));
  if (spoken) return { message: `stowctl: ${oneLine(spoken.message)}`, exitCode: 1 };
  const system = innermost(error, (each) => systemSentence(each) !== undefined);
  if (system) return { message: `stowctl: ${systemSentence(system)}`, exitCode: 1 };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `stowctl: this is a bug, please report it\n${stack}`, exitCode: 1 };
}

/** The first error of the chain of causes that fits. */
function innermost(error: unknown, fits: (error: Error) => boolean): Error | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 10; each = each.cause, depth++) {
    if (fits(each)) return each;
  }
  return undefined;
}

const oneLine = (message: string) => message.replace(/\s*\n\s*/g, '; ');

/** A sentence for what the operating system refused; `undefined` for other errors. */
function systemSentence(error: Error): string | undefined {
  const { code, path, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${address ?? 'this machine'} is already in use: end what holds it, or choose another with --port`;
    case 'EADDRNOTAVAIL':
      return `${address ?? 'the address'} is not an address of this machine: choose another with --bind-address`;
    case 'EACCES':
    case 'EPERM':
      if (port !== undefined)
        return `port ${port} needs more rights than this user has: choose one above 1023 with --port`;
      return `${path ?? 'a file'} may not be written or read by this user: choose another place with --data-dir`;
    case 'EROFS':
      return `${path ?? 'the directory'} lies on a read-only file system: choose another place with --data-dir`;
    case 'ENOSPC':
      return `the disk is full${path ? ` at ${path}` : ''}: make room, or choose another place with --data-dir`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${path ?? 'the path'} is not a directory: choose another place with --data-dir`;
    case 'ENOENT':
      return path ? `there is no ${path}, and it cannot be made` : undefined;
    default:
      return undefined;
  }
}
