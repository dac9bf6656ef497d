import { readFile, writeFile } from 'node:fs/promises';
import type { NetworkPlace } from './place.ts';
import { ProgramFailed, run, runIfAny } from './program.ts';

/** What the machine must do for packets between pods beside having ways for them. */

const SYSCTLS: readonly (readonly [path: string, why: string])[] = [
  ['/proc/sys/net/ipv4/ip_forward', 'it would pass on no packets'],
  // Answers of a pod to another one of the same bridge must take the way back through the rules.
  [
    '/proc/sys/net/bridge/bridge-nf-call-iptables',
    'services would not work between pods of one machine (load the kernel module br_netfilter)',
  ],
];

export async function allowForwarding(): Promise<void> {
  for (const [path, why] of SYSCTLS) {
    const value = await readFile(path, 'utf8').catch(() => undefined);
    if (value?.trim() === '1') continue;
    await writeFile(path, '1').catch((error: Error) => {
      throw new ProgramFailed(`cannot write 1 to ${path}, without which ${why}: ${error.message}`, { cause: error });
    });
  }
}

const rulesOf = ({ bridge }: NetworkPlace): string[][] => [
  ['-i', bridge, '-j', 'ACCEPT'],
  ['-o', bridge, '-j', 'ACCEPT'],
];

/** Docker lets nothing in to a bridge but what it has published; its chain DOCKER-USER is for those who want otherwise, and stays. */
export async function acceptPods(place: NetworkPlace): Promise<void> {
  const chain =
    (await runIfAny('iptables', ['-w', '-n', '-L', 'DOCKER-USER'])) === undefined ? 'FORWARD' : 'DOCKER-USER';
  for (const rule of rulesOf(place)) {
    if ((await runIfAny('iptables', ['-w', '-C', chain, ...rule])) === undefined) {
      await run('iptables', ['-w', '-I', chain, ...rule]);
    }
  }
}

export async function refusePods(place: NetworkPlace): Promise<void> {
  for (const chain of ['DOCKER-USER', 'FORWARD']) {
    for (const rule of rulesOf(place)) await runIfAny('iptables', ['-w', '-D', chain, ...rule]).catch(() => undefined);
  }
}
