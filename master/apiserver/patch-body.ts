import { badRequest, unsupportedMediaType } from '../../api/meta/errors.ts';
import { applyJsonPatch } from '../../api/meta/patch/json.ts';
import { applyMergePatch } from '../../api/meta/patch/merge.ts';
import { applyStrategicPatch } from '../../api/meta/patch/strategic.ts';
import type { TSchema } from '../../api/meta/schema.ts';
import { APPLY_PATCH } from './apply-body.ts';
import { parseJson } from './body.ts';
import { parseMediaType } from './negotiation.ts';

/** Turns a document into its patched copy. Throws `ApiError` when the patch does not fit the document. */
export type Patch = (document: unknown) => unknown;

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH];

/** Throws 415 for a strategic merge patch: custom resources have no Go type to take merge strategies from. */
export function refuseStrategic(contentType: string | undefined): void {
  const { type } = parseMediaType(contentType ?? '');
  if (type === STRATEGIC_PATCH) throw unsupportedMediaType(type, [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]);
}

/** Reads a patch by its Content-Type (Kubernetes docs, "Update API Objects in Place Using kubectl patch"). Throws 400 or 415. */
export function parsePatch(schema: TSchema, contentType: string | undefined, bytes: Buffer): Patch {
  const { type } = parseMediaType(contentType ?? '');
  if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType(contentType ?? '', [...PATCH_TYPES, APPLY_PATCH]);
  const patch = parseJson(bytes);
  if (type === JSON_PATCH) return (document) => applyJsonPatch(document, patch);
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    throw badRequest(`a patch of type ${type} must be a JSON object`);
  }
  return type === MERGE_PATCH
    ? (document) => applyMergePatch(document, patch)
    : (document) => applyStrategicPatch(schema, document, patch);
}
