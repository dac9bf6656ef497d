/** No vowels and no look-alikes, so that a hash spells no word: the alphabet of generated names. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const LENGTH = 7;

/** A short text that stands for another and can be part of a name: its 32-bit FNV-1a in the alphabet of names. Two may share one. */
export function shortHash(text: string): string {
  let rest = fnv1a(text);
  let hash = '';
  while (hash.length < LENGTH) {
    hash = `${ALPHABET[rest % ALPHABET.length]}${hash}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return hash;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}
