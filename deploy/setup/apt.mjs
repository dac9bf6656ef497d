import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { fullEnvironment, isRoot, run, succeeds, which } from './run.mjs';
import { Failure, say } from './speech.mjs';

const POLICY = '/usr/sbin/policy-rc.d';

/** True where packages can be installed: an apt-based machine, and root. */
export const canInstall = () => isRoot() && which('apt-get') !== undefined;

/**
 * Installs Debian packages without asking anything. With `startServices: false` the services they bring are neither started nor
 * enabled: Debian asks policy-rc.d before it starts one (Debian Policy, "invoke-rc.d").
 */
export async function installPackages(names, { startServices }) {
  say(`installing ${names.join(', ')}`);
  const forbid = !startServices && !existsSync(POLICY);
  if (forbid) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY, 0o755);
  }
  try {
    await aptGet(['update', '-qq']);
    await aptGet(['install', '-y', '-qq', '--no-install-recommends', ...names]);
  } finally {
    if (forbid) rmSync(POLICY, { force: true });
  }
}

/** Keeps services that came with packages from starting with the machine. */
export function disableServices(names) {
  if (!existsSync('/run/systemd/system')) return;
  for (const name of names) succeeds('systemctl', ['disable', '--quiet', name]);
}

async function aptGet(args) {
  const env = { ...fullEnvironment(), DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0'];
  const { code, output } = await run('apt-get', [...options, ...args], { env, quiet: true });
  if (code === 0) return;
  const last = output.trim().split('\n').at(-1);
  throw new Failure(`apt-get ${args[0]} did not succeed: ${last}`);
}
