import type { PodTemplateSpec } from '../../../api/core/pod-template.ts';
import { canonicalJson } from '../kit/canonical-json.ts';

/** No vowels and no look-alikes, so that a hash spells no word: the alphabet of generated names. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const LENGTH = 7;

/**
 * A short text that stands for a template: 32-bit FNV-1a over its canonical JSON, in the alphabet of names. Different templates
 * may share one; `collisionCount`, raised when that happens, gives the next.
 */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  let rest = fnv1a(`${canonicalJson(template)}#${collisionCount ?? 0}`);
  let text = '';
  while (text.length < LENGTH) {
    text = `${ALPHABET[rest % ALPHABET.length]}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}
