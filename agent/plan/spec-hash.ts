import type { Container } from '../pod-types.ts';

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * Changes when a running container must be replaced. Of a container's spec only the image can change in place (Kubernetes,
 * "Pod update and replacement"); hashing more would restart containers when a newer agent fills in another default.
 */
export function specHash(spec: Container): string {
  let hash = OFFSET;
  for (const byte of Buffer.from(`${spec.name}\n${spec.image ?? ''}`)) hash = Math.imul(hash ^ byte, PRIME) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
