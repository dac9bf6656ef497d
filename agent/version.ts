import { readFileSync } from 'node:fs';

/** The package's version, as the Node object shows it. Works from the sources and from the compiled package alike. */
export function packageVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version: string };
      return version;
    } catch {
      // Compiled files stand one directory deeper.
    }
  }
  return '0.0.0';
}
