import { Agent, type RequestOptions, request } from 'node:https';
import { parentPort, workerData } from 'node:worker_threads';

/** A client that asks for everything, over and over, as often as it can. Tells of each answer; ends with its thread. */

export interface Order {
  readonly url: string;
  readonly parallel: number;
  readonly access: Pick<RequestOptions, 'ca' | 'cert' | 'key'>;
}

export interface Told {
  readonly code: number;
  readonly ms: number;
}

const { url, parallel, access } = workerData as Order;
const agent = new Agent({ ...access, keepAlive: true, maxSockets: parallel });

function once(): Promise<Told> {
  const since = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve({ code: response.statusCode ?? 0, ms: performance.now() - since }));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end();
  });
}

async function keepAsking(): Promise<void> {
  for (;;) parentPort?.postMessage(await once().catch(() => ({ code: 0, ms: 0 })));
}

for (let i = 0; i < parallel; i++) void keepAsking();
