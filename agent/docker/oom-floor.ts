import { readFile } from 'node:fs/promises';

/** The capability to lower a process' OOM score (man capabilities). */
const CAP_SYS_RESOURCE = 24n;

/**
 * The lowest OOM score adjustment the engine may give a container; it would refuse to start one below. An engine without
 * root's rights, in a container, or on another machine may raise scores but not lower them. What this machine's programs may
 * at most have stands for what its engine has.
 */
export async function lowestOomScore(securityOptions: readonly string[], local: boolean): Promise<number> {
  if (!local || securityOptions.some((option) => option.includes('rootless'))) return 0;
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const bounding = /^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1];
  const allowed = bounding !== undefined && ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
  return allowed ? -1000 : 0;
}
