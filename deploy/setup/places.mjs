import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the set-up fetched and may fetch again; git-ignored. */
export const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
