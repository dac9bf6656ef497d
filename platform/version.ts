import { readFileSync } from 'node:fs';

/** Stowage's version, from its package.json: one folder up in a checkout, two in the compiled package. */
export function stowageVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const file = readFileSync(new URL(place, import.meta.url), 'utf8');
      const { name, version } = JSON.parse(file) as { name?: string; version?: string };
      if (name === 'stowage' && version) return version;
    } catch {
      // Not here: the next place.
    }
  }
  return 'unknown';
}
