import { join } from 'node:path';
import { sysctlName } from '../agent/admission/sysctls.ts';
import { type Amounts, DEFAULT_NODE_OPTIONS, type NodeOptions } from '../agent/node-options.ts';
import { DEFAULT_THRESHOLDS, parseThresholds, type Threshold } from '../agent/pressure/thresholds.ts';
import { unitsOf } from '../api/core/resource-units.ts';
import { canonicalQuantity } from '../api/meta/quantity.ts';
import { BadValue, type Setting, text, type Values, wholeNumber } from './config.ts';
import { Trouble } from './trouble.ts';

/** How a machine is shared between pods and everything else: flags as the kubelet has them. */

const MILLIS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `1m30s` in milliseconds. */
function millis(value: string): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== value)
    throw new BadValue('must be a duration such as 5m or 1m30s');
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * MILLIS[unit as keyof typeof MILLIS], 0);
}

const pairs = (value: string, sign = '='): [string, string][] =>
  value.split(',').map((part) => {
    const at = part.indexOf(sign);
    if (at < 1 || at === part.length - 1) throw new BadValue(`holds "${part}", which is not like name${sign}value`);
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });

const RESERVABLE = ['cpu', 'memory', 'ephemeral-storage'];

const reserved = (name: string, description: string): Setting<Amounts | undefined> => ({
  name,
  placeholder: 'amounts',
  description: `${description}: cpu=500m,memory=1Gi,ephemeral-storage=10Gi`,
  fallback: undefined,
  read: (value) =>
    Object.fromEntries(
      pairs(value).map(([resource, amount]) => {
        if (!RESERVABLE.includes(resource))
          throw new BadValue(`holds "${resource}", which is none of ${RESERVABLE.join(', ')}`);
        if (canonicalQuantity(amount) === undefined || unitsOf(resource, amount) < 0)
          throw new BadValue(`holds "${amount}", which is no quantity such as 500m or 1Gi`);
        return [resource, unitsOf(resource, amount)];
      }),
    ),
});

const extendedResources: Setting<Amounts | undefined> = {
  name: 'extended-resources',
  placeholder: 'amounts',
  description: 'devices and the like that pods may ask for, each counted: nvidia.com/gpu=2,example.com/dongle=4',
  fallback: undefined,
  read: (value) =>
    Object.fromEntries(
      pairs(value).map(([name, amount]) => {
        if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name))
          throw new BadValue(`holds the name "${name}", which is not like example.com/dongle`);
        if (!/^\d{1,9}$/.test(amount)) throw new BadValue(`holds the amount "${amount}", which is no whole number`);
        return [name, Number(amount)];
      }),
    ),
};

/** The end of a sentence becomes the fault of the value. */
function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new BadValue((error as Error).message);
  }
}

const evictionHard: Setting<readonly Threshold[] | undefined> = {
  name: 'eviction-hard',
  placeholder: 'thresholds',
  description:
    'what must be left of the machine, else pods are ended at once: memory.available<100Mi,nodefs.available<10% (default: as Kubernetes)',
  fallback: undefined,
  read: (value) => (value === '' ? [] : checked(() => parseThresholds(value))),
};

/** Which grace each has is looked at once both flags are known. */
const evictionSoft: Setting<string | undefined> = {
  name: 'eviction-soft',
  placeholder: 'thresholds',
  description: 'the same, after a grace: memory.available<500Mi',
  fallback: undefined,
  read: (value) => {
    checked(() => parseThresholds(value));
    return value;
  },
};

const duration = (name: string, description: string): Setting<number | undefined> => ({
  name,
  placeholder: 'duration',
  description,
  fallback: undefined,
  read: millis,
});

const graces: Setting<ReadonlyMap<string, number> | undefined> = {
  name: 'eviction-soft-grace-period',
  placeholder: 'durations',
  description: 'how long each soft threshold may be met: memory.available=1m30s',
  fallback: undefined,
  read: (value) => new Map(pairs(value).map(([signal, time]) => [signal, millis(time)])),
};

const allowedUnsafeSysctls: Setting<readonly string[]> = {
  name: 'allowed-unsafe-sysctls',
  placeholder: 'names',
  description: 'sysctls beside the safe ones that pods may set: kernel.msg*,net.core.somaxconn',
  fallback: [],
  read: (value) => value.split(',').map((name) => sysctlName(name.trim())),
};

export const nodeSettings = {
  maxPods: wholeNumber<number>({
    name: 'max-pods',
    placeholder: 'number',
    description: 'most pods on this node',
    fallback: DEFAULT_NODE_OPTIONS.maxPods,
    least: 1,
    most: 100_000,
  }),
  podMaxPids: wholeNumber<number>({
    name: 'pod-max-pids',
    placeholder: 'number',
    description: 'most processes and threads of a pod; 0 is no limit',
    fallback: 0,
    least: 0,
    most: 4_194_304,
  }),
  systemReserved: reserved('system-reserved', 'kept back from pods for the operating system'),
  kubeReserved: reserved('kube-reserved', 'kept back from pods for engine and agent'),
  extendedResources,
  evictionHard,
  evictionSoft,
  evictionSoftGrace: graces,
  evictionMaxPodGrace: wholeNumber<number>({
    name: 'eviction-max-pod-grace-period',
    placeholder: 'seconds',
    description: 'most seconds that a pod gets to end for a soft threshold',
    fallback: DEFAULT_NODE_OPTIONS.evictionMaxPodGraceSeconds,
    least: 0,
    most: 86_400,
  }),
  pressureTransition: duration(
    'eviction-pressure-transition-period',
    'how long a condition of pressure stays after its last sign (default: 5m)',
  ),
  allowedUnsafeSysctls,
  seccompProfileRoot: text<string | undefined>({
    name: 'seccomp-profile-root',
    placeholder: 'dir',
    description: "where seccomp profiles of pods lie (default: seccomp in the agent's data directory)",
    fallback: undefined,
  }),
};

/** Throws `Trouble` where a soft threshold has no grace. */
export function nodeOptionsOf(values: Values<typeof nodeSettings> & { readonly dataDir: string }): NodeOptions {
  const { evictionHard, evictionSoft, evictionSoftGrace, evictionMaxPodGrace, pressureTransition } = values;
  return {
    maxPods: values.maxPods,
    podMaxPids: values.podMaxPids,
    systemReserved: values.systemReserved ?? {},
    kubeReserved: values.kubeReserved ?? {},
    extendedResources: values.extendedResources ?? {},
    evictionHard: evictionHard ?? DEFAULT_THRESHOLDS,
    evictionSoft: evictionSoft ? softThresholds(evictionSoft, evictionSoftGrace) : [],
    evictionMaxPodGraceSeconds: evictionMaxPodGrace,
    pressureTransitionMs: pressureTransition ?? DEFAULT_NODE_OPTIONS.pressureTransitionMs,
    allowedUnsafeSysctls: values.allowedUnsafeSysctls,
    seccompRoot: values.seccompProfileRoot ?? join(values.dataDir, 'seccomp'),
  };
}

function softThresholds(value: string, periods: ReadonlyMap<string, number> = new Map()): Threshold[] {
  try {
    return parseThresholds(value, periods);
  } catch (error) {
    throw new Trouble(
      `--eviction-soft ${(error as Error).message}: give it one with --eviction-soft-grace-period`,
      2,
      error,
    );
  }
}
