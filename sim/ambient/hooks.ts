import { registerHooks } from 'node:module';

/**
 * In a simulating process, what the production rooms take from the machine comes from the simulation: `node:fs` is a disk in memory, the names
 * of the machine are made up, and randomness that no seed determines is refused. Production code is not changed for it; those modules are the
 * seam.
 */
const REPLACED: Readonly<Record<string, string>> = {
  'node:fs': './fs.ts',
  'node:fs/promises': './fs-promises.ts',
  'node:os': './os.ts',
  'node:crypto': './crypto.ts',
  'node:child_process': './refused.ts',
};
/** Who is simulated. */
const ROOMS = ['agent', 'master', 'platform'].map((room) => new URL(`../../${room}/`, import.meta.url).href);
const METRICS = new URL('../../platform/metrics.ts', import.meta.url).href;

export function replaceModules(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const isSimulated = ROOMS.some((room) => context.parentURL?.startsWith(room));
      const replacement = isSimulated ? REPLACED[specifier] : undefined;
      if (replacement) return { url: new URL(replacement, import.meta.url).href, shortCircuit: true };
      const found = next(specifier, context);
      return found.url === METRICS && isSimulated
        ? { ...found, url: new URL('./metrics.ts', import.meta.url).href }
        : found;
    },
  });
}
