import { fetchList, stream } from './requests.ts';
import { Watchers, type Watching } from './watchers.ts';

const watchers = new Watchers();

/** What a process that burdens the API can be told to do. */
const orders = {
  stream,
  fetchList,
  watch: (watching: Watching) => watchers.open(watching),
  heard: async (_: object) => watchers.heard(),
  unwatch: async (_: object) => watchers.close(),
};

export type Orders = typeof orders;
export type Order = keyof Orders;

export const answer = (order: Order, argument: never): Promise<unknown> => orders[order](argument);
