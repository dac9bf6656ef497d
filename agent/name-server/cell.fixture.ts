import type { NetworkService, NetworkSlice, NetworkTask } from '../../proto/network.ts';
import { NetworkState } from '../network/state.ts';
import { NameBook } from './name-book.ts';

export interface Told {
  readonly services?: readonly NetworkService[];
  readonly slices?: readonly NetworkSlice[];
  readonly tasks?: readonly NetworkTask[];
}

const SETTINGS = JSON.stringify({ mode: 'vxlan', podCidr: '10.128.0.0/12', serviceCidr: '10.144.0.0/16' });

/** What a machine knows of a cell, and its names: Kubernetes' in `cluster.local`, Borg's in `cell`. */
export function bookOf({ services = [], slices = [], tasks = [] }: Told): { state: NetworkState; book: NameBook } {
  const state = new NetworkState();
  state.restore({
    settingsJson: SETTINGS,
    objects: [
      ...services.map((each) => object('service', `${each.namespace}/${each.name}`, each)),
      ...slices.map((each, at) => object('slice', `${each.namespace}/${each.service}-${at}`, each)),
      ...tasks.map((each) => object('task', `${each.namespace}/${each.job}-${each.index}`, each)),
    ],
  });
  return { state, book: new NameBook(state, { cluster: 'cluster.local', cell: 'cell' }) };
}

export const object = (kind: string, key: string, value: object) => ({ kind, key, json: JSON.stringify(value) });

const http = { name: 'http', protocol: 'TCP', port: 80 } as const;

/** A service with an address, one without, one that stands for another. */
export const SAMPLE: Told = {
  services: [
    { namespace: 'team', name: 'web', clusterIp: '10.144.0.9', ports: [http] },
    { namespace: 'team', name: 'db', ports: [{ ...http, name: 'sql', port: 5432 }] },
    { namespace: 'team', name: 'idle', ports: [http] },
    { namespace: 'team', name: 'early', ports: [http], publishNotReady: true },
    { namespace: 'team', name: 'shop', externalName: 'Shop.Example.', ports: [] },
    { namespace: 'team', name: 'alias', externalName: 'web.team.svc.cluster.local', ports: [] },
    { namespace: 'team', name: 'loop', externalName: 'loop.team.svc.cluster.local', ports: [] },
  ],
  slices: [
    {
      ...{ namespace: 'team', service: 'db', ports: [{ name: 'sql', protocol: 'TCP', port: 5433 }] },
      endpoints: [
        { address: '10.128.0.2', hostname: 'db-0' },
        { address: '10.128.1.2', hostname: 'db-1' },
        { address: '10.128.1.3' },
        { address: '10.128.1.4', hostname: 'db-3', state: 'unready' },
      ],
    },
    { ...{ namespace: 'team', service: 'idle', ports: [] }, endpoints: [{ address: '10.128.0.7', state: 'unready' }] },
    { ...{ namespace: 'team', service: 'early', ports: [] }, endpoints: [{ address: '10.128.0.8', state: 'unready' }] },
  ],
  tasks: [{ namespace: 'team', job: 'sum', index: 3, address: '10.128.0.9' }],
};
