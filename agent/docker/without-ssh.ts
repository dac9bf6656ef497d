import { createRequire, Module } from 'node:module';

/**
 * dockerode loads an SSH client of 16 MB, for engines at `ssh://`, which this adapter refuses (`hostOptions`). Imported before
 * dockerode, this stands in its place.
 */
const require = createRequire(import.meta.url);
const modem = createRequire(require.resolve('dockerode'));
const ssh = modem.resolve('docker-modem/lib/ssh');
const stand = new Module(ssh);
stand.exports = () => {
  throw new Error('engines at ssh:// are not supported');
};
stand.loaded = true;
require.cache[ssh] ??= stand;
