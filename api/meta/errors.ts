import type { ResourceName } from './definition.ts';

/** One fault in one field, in Kubernetes' `StatusCause` terms (apimachinery, field errors). */
export interface FieldError {
  type:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooMany'
    | 'FieldValueNotFound';
  /** JSON path without a leading dot: `spec.containers[0].image`. */
  path: string;
  /** Whole sentence after the path: `Required value: what it is for`. */
  message: string;
}

/** `metav1.Status`, the shape of every error over HTTP. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string; resourceVersion?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
  code: number;
}

/** Trouble that a caller of the API is told about, as a `Status`. Expected: never logged with a stack. */
export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: Status['details'], cause?: unknown) {
    super(message, { cause });
    this.name = 'ApiError';
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code };
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

const of = (resource: ResourceName, name: string) => ({
  name,
  group: resource.group || undefined,
  kind: resource.plural,
});
const qualified = (resource: ResourceName) =>
  resource.group ? `${resource.plural}.${resource.group}` : resource.plural;

export const badRequest = (message: string, cause?: unknown) =>
  new ApiError(400, 'BadRequest', message, undefined, cause);
export const unauthorized = () => new ApiError(401, 'Unauthorized', 'Unauthorized');
export const forbidden = (resource: ResourceName, name: string, why: string) =>
  new ApiError(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${why}`, of(resource, name));
export const notFound = (resource: ResourceName, name: string) =>
  new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, of(resource, name));
export const noSuchPath = () => new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
export const methodNotAllowed = (verb: string) =>
  new ApiError(405, 'MethodNotAllowed', `the server does not allow this method on the requested resource: ${verb}`, {});
export const alreadyExists = (resource: ResourceName, name: string) =>
  new ApiError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, of(resource, name));
export const conflict = (resource: ResourceName, name: string, why: string) =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    of(resource, name),
  );
export const expired = (message: string) => new ApiError(410, 'Expired', message);
export const tooLarge = (limitBytes: number) =>
  new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes} bytes`);
export const unsupportedMediaType = (found: string, allowed: readonly string[]) =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format (${found || 'none given'}) - accepted media types include: ${allowed.join(', ')}`,
  );
export const notAcceptable = (allowed: readonly string[]) =>
  new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${allowed.join(', ')}`);
export const tooManyRequests = (message: string, retryAfterSeconds: number) =>
  new ApiError(429, 'TooManyRequests', message, { retryAfterSeconds });
export const internalError = (message: string, cause?: unknown) =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, cause);
export const unavailable = (message: string, cause?: unknown) =>
  new ApiError(503, 'ServiceUnavailable', message, { retryAfterSeconds: 1 }, cause);
export const timeout = (message: string) => new ApiError(504, 'Timeout', message, {});

/** An answer that names each fault of a large body would be many times as large. */
const MOST_FAULTS_TOLD = 100;
const LONGEST_FAULT_TOLD = 4_000;

const cut = (text: string): string =>
  text.length > LONGEST_FAULT_TOLD ? `${text.slice(0, LONGEST_FAULT_TOLD).toWellFormed()}...` : text;

/** 422 with every faulty field listed, up to a hundred. */
export function invalid(resource: ResourceName, given: string, errors: readonly FieldError[]): ApiError {
  const name = cut(given);
  const told = errors
    .slice(0, MOST_FAULTS_TOLD)
    .map((error) => ({ ...error, path: cut(error.path), message: cut(error.message) }));
  const lines = told.map((error) => `${error.path}: ${error.message}`);
  if (errors.length > told.length) lines.push(`and ${errors.length - told.length} more`);
  const summary = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
  return new ApiError(422, 'Invalid', `${kind} "${name}" is invalid: ${summary}`, {
    ...of(resource, name),
    kind: resource.kind,
    causes: told.map((error) => ({ reason: error.type, message: error.message, field: error.path })),
  });
}

export const isApiError = (error: unknown, reason?: string): error is ApiError =>
  error instanceof ApiError && (reason === undefined || error.reason === reason);
