import { RuntimeError, type RuntimeErrorKind } from '../runtime.ts';

/** What dockerode throws: an HTTP answer of the engine, or a fault of the socket. */
interface ModemError {
  statusCode?: number;
  code?: string;
  message?: string;
  json?: unknown;
}

/** An error of dockerode or of the socket as a {@link RuntimeError}. `what` names the action: `create container web`. */
export function runtimeError(what: string, error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const fault = (typeof error === 'object' && error !== null ? error : {}) as ModemError;
  const words = sentence(fault) || String(error);
  if (fault.statusCode === undefined) {
    return new RuntimeError('unreachable', `cannot ${what}: the Docker engine does not answer: ${words}`, error);
  }
  return new RuntimeError(kindOf(fault.statusCode, words), `cannot ${what}: ${words}`, error);
}

function kindOf(statusCode: number, words: string): RuntimeErrorKind {
  if (statusCode === 404) return /no such image|manifest unknown/i.test(words) ? 'image-missing' : 'not-found';
  if (statusCode === 409) return 'conflict';
  if (statusCode === 400) return 'invalid';
  return 'failed';
}

/** The engine's own sentence, without the HTTP dressing that dockerode puts around it. */
function sentence(fault: ModemError): string {
  const { json } = fault;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') {
    return json.message.trim();
  }
  return (fault.message ?? '').replace(/^\(HTTP code \d+\).*? - /, '').trim();
}
