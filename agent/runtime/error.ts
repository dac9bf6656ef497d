export type RuntimeErrorKind = 'unreachable' | 'not-found' | 'conflict' | 'image-missing' | 'invalid' | 'failed';

/** What went wrong at the engine; `message` is fit for people. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly kind: RuntimeErrorKind;

  constructor(kind: RuntimeErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export const isRuntimeError = (error: unknown, kind?: RuntimeErrorKind): error is RuntimeError =>
  error instanceof RuntimeError && (kind === undefined || error.kind === kind);
