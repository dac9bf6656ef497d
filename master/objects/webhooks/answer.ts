import { ApiError, type Status } from '../../../api/meta/errors.ts';
import { isJsonObject, type JsonObject } from '../../../api/meta/json.ts';
import type { Hook } from './hook.ts';

/** What a webhook said. */
export interface Verdict {
  /** Why it refuses, if it does. */
  readonly refusal?: ApiError;
  /** A JSON patch; absent where it changes nothing. */
  readonly patch?: unknown;
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** A webhook could not be asked, or what it answered is of no use. The message says why, without the webhook's name. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

/** Reads the body of an answer to the request `uid`. Throws {@link CallFailed} (Kubernetes docs, "Dynamic Admission Control", response). */
export function readAnswer(text: string, hook: Hook, uid: string): Verdict {
  const fail = (why: string): CallFailed => new CallFailed(`received invalid webhook response: ${why}`);
  let review: unknown;
  try {
    review = JSON.parse(text);
  } catch (cause) {
    throw new CallFailed(`failed to call webhook: the answer is not JSON: ${(cause as Error).message}`, { cause });
  }
  const response = isJsonObject(review) ? review.response : undefined;
  if (!isJsonObject(review) || !isJsonObject(response)) throw fail('webhook response was absent');
  if (hook.reviewVersion === 'v1' || response.uid !== undefined)
    if (response.uid !== uid) throw fail(`expected response.uid=${JSON.stringify(uid)}, got ${shown(response.uid)}`);
  const wanted = `admission.k8s.io/${hook.reviewVersion}`;
  // The older version let its answers leave out what they are.
  const isUnnamed = hook.reviewVersion === 'v1beta1' && !review.apiVersion && !review.kind;
  if (!isUnnamed && (review.apiVersion !== wanted || review.kind !== 'AdmissionReview'))
    throw fail(
      `expected webhook response of ${wanted}, Kind=AdmissionReview, got ${String(review.apiVersion ?? '')}, Kind=${String(review.kind ?? '')}`,
    );
  if (typeof response.allowed !== 'boolean' && response.allowed !== undefined)
    throw fail(`response.allowed must be true or false, got ${shown(response.allowed)}`);
  const patch = patchOf(response, hook, fail);
  return {
    ...(response.allowed !== true && { refusal: refusalOf(hook.name, response.status) }),
    ...(patch !== undefined && { patch }),
    warnings: texts(response.warnings),
    annotations: textMap(response.auditAnnotations),
  };
}

function patchOf(response: JsonObject, { type, reviewVersion }: Hook, fail: (why: string) => CallFailed): unknown {
  const { patch, patchType } = response;
  const isThere = patch !== undefined && patch !== null && patch !== '';
  if (type === 'validating') {
    if (isThere) throw fail('validating webhook may not return response.patch');
    if (patchType !== undefined && patchType !== null)
      throw fail('validating webhook may not return response.patchType');
    return undefined;
  }
  const isTyped = patchType !== undefined && patchType !== null;
  if (isThere && !isTyped && reviewVersion === 'v1')
    throw fail('webhook returned response.patch but not response.patchType');
  if (!isThere && isTyped && reviewVersion === 'v1')
    throw fail('webhook returned response.patchType but not response.patch');
  if (!isThere) return undefined;
  if (isTyped && patchType !== 'JSONPatch')
    throw fail(`webhook returned invalid response.patchType of ${shown(patchType)}`);
  try {
    return JSON.parse(Buffer.from(String(patch), 'base64').toString('utf8'));
  } catch (cause) {
    throw fail(`response.patch is not a JSON patch in base64: ${(cause as Error).message}`);
  }
}

const LEAST_REFUSAL = 400;

/** What the webhook says of its refusal, as far as it makes sense, under a message that names it. */
function refusalOf(name: string, given: unknown): ApiError {
  const status = isJsonObject(given) ? given : {};
  const { message, reason, code, details } = status as Partial<Status>;
  const deniedBy = `admission webhook "${name}" denied the request`;
  const words = message || reason;
  const isCode = typeof code === 'number' && code >= LEAST_REFUSAL && code < 600;
  return new ApiError(
    isCode ? code : LEAST_REFUSAL,
    typeof reason === 'string' ? reason : '',
    words ? `${deniedBy}: ${words}` : `${deniedBy} without explanation`,
    isJsonObject(details) ? details : undefined,
  );
}

const shown = (value: unknown): string => JSON.stringify(value ?? '');

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

const textMap = (value: unknown): Record<string, string> =>
  isJsonObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    : {};
