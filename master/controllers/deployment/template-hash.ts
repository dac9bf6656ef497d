import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import { canonicalJson } from '../kit/canonical-json.ts';
import { shortHash } from '../kit/short-hash.ts';

/**
 * A short text that stands for a template. Different templates may share one; `collisionCount`, raised when that happens, gives the
 * next.
 */
export const templateHash = (template: PodTemplateSpec | undefined, collisionCount: number | undefined): string =>
  shortHash(`${canonicalJson(template)}#${collisionCount ?? 0}`);
