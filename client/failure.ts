import type { Status } from '../api/meta/errors.ts';

/** Trouble that ends a command: the message is for the person, word for word; there is no stack to show. */
export class CommandFailure extends Error {
  override readonly name: string = 'CommandFailure';
  /** 1: it did not work. 2: it was asked wrongly. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The server's refusal, worded as kubectl words it: `Error from server (NotFound): pods "x" not found`. */
export class ServerRefusal extends CommandFailure {
  override readonly name = 'ServerRefusal';
  readonly status: Status;

  constructor(status: Status) {
    super(wordingOf(status));
    this.status = status;
  }

  get code(): number {
    return this.status.code;
  }
}

/** True for a refusal with this HTTP code. */
export const refusedWith = (error: unknown, code: number): error is ServerRefusal =>
  error instanceof ServerRefusal && error.code === code;

function wordingOf(status: Status): string {
  const message = status.message || `HTTP ${status.code}`;
  if (status.reason === 'Invalid') return `The ${message}`;
  return status.reason ? `Error from server (${status.reason}): ${message}` : `Error from server: ${message}`;
}
