import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Pod } from '../api/core/pod.ts';
import type { ApiClient } from '../client/client.ts';

const PODS = '/api/v1/namespaces/default/pods';

let serial = 0;

/**
 * Creates `count` pods at once and resolves with the milliseconds each took from its create request to the watch event that
 * says it is Running. Leaves none behind. `more` goes into their spec.
 */
export async function podStarts(client: ApiClient, count: number, image: string, more = {}): Promise<number[]> {
  const names = Array.from({ length: count }, () => `start-${serial++}`);
  const created = new Map<string, number>();
  const running = new Map<string, number>();
  const gone = new Set<string>();
  const waiting = new Set<() => void>();
  const watch = new AbortController();
  const { metadata } = await client.get<{ metadata: { resourceVersion: string } }>(PODS);
  const query = { watch: 'true', resourceVersion: metadata.resourceVersion };
  const stream = await client.open('GET', PODS, { query, signal: watch.signal });
  const heard = hear(stream, (line) => {
    const { type, object } = JSON.parse(line) as { type: string; object: Pod };
    const name = object.metadata?.name ?? '';
    if (object.status?.phase === 'Running' && !running.has(name)) running.set(name, performance.now());
    if (type === 'DELETED') gone.add(name);
    for (const check of waiting) check();
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  await Promise.all(
    names.map((name) => {
      created.set(name, performance.now());
      return client.json('POST', PODS, { body: podNamed(name, image, more) });
    }),
  );
  await until(() => names.every((name) => running.has(name)));
  await Promise.all(
    names.map((name) => client.json('DELETE', `${PODS}/${name}`, { query: { gracePeriodSeconds: '0' } })),
  );
  await until(() => names.every((name) => gone.has(name)));
  watch.abort();
  await heard;
  return names.map((name) => running.get(name)! - created.get(name)!);
}

/** Calls `line` for each line of a watch until it is aborted. */
async function hear(stream: Readable, line: (text: string) => void): Promise<void> {
  try {
    for await (const text of createInterface({ input: stream })) line(text);
  } catch (error) {
    if (!stream.destroyed) throw error;
  }
}

const podNamed = (name: string, image: string, more: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    ...more,
    containers: [
      {
        name: 'main',
        image,
        command: ['sleep', '1000'],
        resources: { limits: { memory: '64Mi' }, requests: { memory: '8Mi' } },
      },
    ],
  },
});
