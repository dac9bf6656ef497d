import { type FoundLinks, type FoundTunnel, type LinkSteps, ROUTE_PROTOCOL, type Uplink } from './links-plan.ts';
import type { NetworkPlace } from './place.ts';
import { ProgramFailed, run, runIfAny } from './program.ts';

/** Reads and changes the kernel's links and routes, through iproute2. Decides nothing. */

interface LinkRow {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly linkinfo?: {
    readonly info_data?: { readonly id?: number; readonly local?: string; readonly port?: number };
  };
}
interface AddressRow {
  readonly ifname: string;
  readonly mtu: number;
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}
interface RouteRow {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
  readonly protocol?: string;
  readonly type?: string;
}

const rows = <T>(text: string | undefined): T[] => (text?.trim() ? (JSON.parse(text) as T[]) : []);

export async function readLinks({ bridge, tunnel }: NetworkPlace): Promise<FoundLinks> {
  const [link, addresses, routes, neighbours, forwards, ports] = await Promise.all([
    runIfAny('ip', ['-d', '-j', 'link', 'show', 'dev', tunnel]),
    runIfAny('ip', ['-j', '-4', 'address', 'show', 'dev', tunnel]),
    runIfAny('ip', ['-j', '-4', 'route', 'show', 'proto', String(ROUTE_PROTOCOL)]),
    runIfAny('ip', ['-j', 'neigh', 'show', 'dev', tunnel, 'nud', 'permanent']),
    runIfAny('bridge', ['-j', 'fdb', 'show', 'dev', tunnel]),
    runIfAny('bridge', ['-d', '-j', 'link', 'show']),
  ]);
  return {
    tunnel: tunnelOf(rows<LinkRow>(link)[0], rows<AddressRow>(addresses)),
    routes: rows<RouteRow>(routes).map(({ dst, gateway, dev }) => ({ to: dst, via: gateway, device: dev })),
    neighbours: rows<{ dst: string; lladdr?: string }>(neighbours).map(({ dst, lladdr = '' }) => {
      return { address: dst, mac: lladdr };
    }),
    forwards: rows<{ mac: string; dst?: string }>(forwards).flatMap(({ mac, dst }) => (dst ? [{ mac, to: dst }] : [])),
    deafPorts: rows<{ ifname: string; master?: string; hairpin?: boolean }>(ports)
      .filter(({ master, hairpin }) => master === bridge && hairpin === false)
      .map(({ ifname }) => ifname),
  };
}

function tunnelOf(link: LinkRow | undefined, addresses: readonly AddressRow[]): FoundTunnel | undefined {
  if (!link) return undefined;
  const { id = 0, local = '', port = 0 } = link.linkinfo?.info_data ?? {};
  const found = addresses.flatMap(({ addr_info }) => addr_info ?? []).filter(({ family }) => family === 'inet');
  return {
    ...{ vni: id, local, port, mac: link.address, mtu: link.mtu },
    up: link.flags.includes('UP'),
    addresses: found.map(({ local: address, prefixlen }) => `${address}/${prefixlen}`),
  };
}

/** The link that has this address. Rejects with {@link ProgramFailed} where there is none. */
export async function uplinkOf(address: string): Promise<Uplink> {
  const found = rows<AddressRow>(await run('ip', ['-j', '-4', 'address', 'show', 'to', `${address}/32`]));
  const row = found.find(({ ifname }) => ifname);
  if (!row) {
    throw new ProgramFailed(
      `no link of this machine has the address ${address}, under which the cell knows it: pods of other machines cannot reach its pods`,
    );
  }
  return { name: row.ifname, mtu: row.mtu };
}

/** Ranges to which this machine has ways that are not the cell's: `10.0.0.0/8`. */
export async function otherRanges(ownLinks: readonly string[]): Promise<string[]> {
  const found = rows<RouteRow>(await runIfAny('ip', ['-j', '-4', 'route', 'show', 'table', 'main']));
  return found
    .filter(({ dst, dev, protocol }) => {
      return dst !== 'default' && !ownLinks.includes(dev) && protocol !== String(ROUTE_PROTOCOL);
    })
    .map(({ dst }) => (dst.includes('/') ? dst : `${dst}/32`));
}

export async function changeLinks({ ip, bridge }: LinkSteps): Promise<void> {
  // `-force`: one route that the kernel refuses must not keep the others away; that it failed is told all the same.
  if (ip.length > 0) await run('ip', ['-force', '-batch', '-'], `${ip.join('\n')}\n`);
  if (bridge.length > 0) await run('bridge', ['-force', '-batch', '-'], `${bridge.join('\n')}\n`);
}
