import { canonicalQuantity, quantityValue } from '../../api/meta/quantity.ts';

/** What of the machine is watched (Kubernetes, "Node-pressure Eviction", "Eviction signals"). */
export const SIGNALS = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** Below it the machine is short of something. */
export interface Threshold {
  readonly signal: Signal;
  /** An amount, or a share (0 to 1) of what there is; of both, the smaller. */
  readonly amount?: number;
  readonly share?: number;
  /** How long it must be so before pods are ended. 0: at once (a "hard" threshold). */
  readonly graceMs: number;
}

const GIB = 1024 ** 3;

/**
 * Kubernetes' default hard thresholds, but that a large disk is not short of room because a tenth of it is a lot.
 */
export const DEFAULT_THRESHOLDS: readonly Threshold[] = [
  { signal: 'memory.available', amount: 100 * 1024 ** 2, graceMs: 0 },
  { signal: 'nodefs.available', amount: 10 * GIB, share: 0.1, graceMs: 0 },
  { signal: 'nodefs.inodesFree', share: 0.05, graceMs: 0 },
  { signal: 'imagefs.available', amount: 15 * GIB, share: 0.15, graceMs: 0 },
  { signal: 'imagefs.inodesFree', share: 0.05, graceMs: 0 },
];

/** The amount below which there is too little, of so much. */
export function leastOf(
  { amount = Number.POSITIVE_INFINITY, share = Number.POSITIVE_INFINITY }: Threshold,
  capacity: number,
): number {
  return Math.min(amount, share * capacity);
}

/**
 * Thresholds as the kubelet's flags have them: `memory.available<100Mi,nodefs.available<10%`. Throws an Error whose message is the
 * end of a sentence about the text. `graces` (milliseconds, by signal) makes soft ones.
 */
export function parseThresholds(text: string, graces?: ReadonlyMap<string, number>): Threshold[] {
  return text.split(',').map((part) => {
    const [, signal = '', value = ''] = /^\s*([a-zA-Z.]+)\s*<\s*(\S+)\s*$/.exec(part) ?? [];
    if (!isSignal(signal))
      throw new Error(`holds "${part}", which is not like SIGNAL<AMOUNT with one of ${SIGNALS.join(', ')}`);
    const graceMs = graces ? graces.get(signal) : 0;
    if (graceMs === undefined) throw new Error(`holds ${signal}, for which there is no grace period`);
    return { signal, ...amountOrShare(value), graceMs };
  });
}

function amountOrShare(value: string): Pick<Threshold, 'amount' | 'share'> {
  const percent = /^(\d+(\.\d+)?)%$/.exec(value)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { share: Number(percent) / 100 };
  if (canonicalQuantity(value) === undefined || quantityValue(value) < 0)
    throw new Error(`holds the amount "${value}", which must be a quantity such as 100Mi or a share such as 10%`);
  return { amount: quantityValue(value) };
}

const isSignal = (text: string): text is Signal => (SIGNALS as readonly string[]).includes(text);
