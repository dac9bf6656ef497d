import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The YAML library, loaded when the first text is to be read: it takes 13 MB, and few processes ever read one. */
export const yaml = (): typeof import('yaml') => require('yaml');
