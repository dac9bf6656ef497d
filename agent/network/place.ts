import { formatIpv4 } from '../../api/networking/ipv4.ts';

/** What a cell's network is called on a machine: several cells may share one, so each name holds the cell's id. Pure. */
export interface NetworkPlace {
  /** Of the engine's network, on which the pods are. */
  readonly bridge: string;
  /** Through which wrapped packets go to other machines. */
  readonly tunnel: string;
  /** Of nftables. */
  readonly table: string;
  /** Tells the wrapped packets of cells apart. */
  readonly vni: number;
}

/** The kernel's bound on names of links. */
const LONGEST_LINK = 15;
const VNIS = 2 ** 24;

export function placeOf(cellId: string): NetworkPlace {
  const short = cellId.replaceAll(/[^a-z0-9]/g, '');
  const link = (prefix: string) => `${prefix}${short}`.slice(0, LONGEST_LINK);
  // 0 is no VNI of its own to every tool.
  return { bridge: link('stw'), tunnel: link('stx'), table: `stowage_${short}`, vni: 1 + (hash(cellId) % (VNIS - 1)) };
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
}

/** The tunnel's hardware address on the node whose range begins at `base`: known without asking. Locally administered. */
export const tunnelMac = (base: number): string =>
  [
    '0a',
    '58',
    ...formatIpv4(base)
      .split('.')
      .map((octet) => Number(octet).toString(16).padStart(2, '0')),
  ].join(':');
