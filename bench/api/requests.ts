import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterAccess } from '../../client/kubeconfig.ts';
import { quantile } from '../report.ts';
import { type Call, Connection, message, type Reply } from './connection.ts';
import { momentUs } from './moment.ts';

/** In a template, `$i` is the number of the request and `$at` the moment (`momentUs`) at which it was sent. */
export interface Stream {
  readonly access: ClusterAccess;
  readonly template: Call;
  /** Numbers run from here, and begin anew after `period`. */
  readonly from?: number;
  readonly period?: number;
  /** Requests under way at once. */
  readonly connections: number;
  readonly seconds: number;
  /** Sent before the measurement begins. */
  readonly warmUp?: number;
  /** Default: as many as get answered. */
  readonly perSecond?: number;
}

export interface Rate {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Requests of one kind, each lane waiting for its answers. Rejects with the first that is refused. */
export async function stream(options: Stream): Promise<Rate> {
  const { access, template, from = 0, period = Number.MAX_SAFE_INTEGER, perSecond, connections, seconds } = options;
  const lanes = await Promise.all(Array.from({ length: connections }, () => Connection.open(access)));
  const text = message(template);
  let next = from;
  let latencies: number[] = [];
  const one = async (lane: Connection) => {
    const sentAt = momentUs();
    const filled = text.replaceAll('$i', String(from + ((next++ - from) % period))).replaceAll('$at', String(sentAt));
    const { code, start } = await lane.exchange(template.body ? withLength(filled) : filled);
    if (code >= 300) throw new Error(`${template.method} ${template.path} got ${code}: ${start}`);
    latencies.push((momentUs() - sentAt) / 1_000);
  };
  try {
    const warmAt = from + (options.warmUp ?? 0);
    await Promise.all(
      lanes.map(async (lane) => {
        while (next < warmAt) await one(lane);
      }),
    );
    latencies = [];
    const startMs = performance.now();
    const endMs = startMs + seconds * 1_000;
    const work = async (lane: Connection, index: number) => {
      const pauseMs = perSecond ? (1_000 * connections) / perSecond : 0;
      for (let due = startMs + (pauseMs * index) / connections; performance.now() < endMs; due += pauseMs) {
        if (due > performance.now() && pauseMs) await delay(due - performance.now());
        await one(lane);
      }
    };
    await Promise.all(lanes.map(work));
    const took = (performance.now() - startMs) / 1_000;
    return {
      count: latencies.length,
      perSecond: latencies.length / took,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      maxMs: quantile(latencies, 1),
    };
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** A template's length is not that of what was filled in. */
function withLength(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const length = Buffer.byteLength(text.slice(end + 4));
  return text.slice(0, end).replace(/content-length: \d+/, `content-length: ${length}`) + text.slice(end);
}

export interface Fetched extends Reply {
  readonly ms: number;
  readonly pages: number;
}

/** One list, page by page where a limit is given. */
export async function fetchList(options: { access: ClusterAccess; call: Call; limit?: number }): Promise<Fetched> {
  const { access, call, limit } = options;
  const lane = await Connection.open(access);
  try {
    const startMs = performance.now();
    let [pages, bytes, token] = [0, 0, ''];
    for (;;) {
      const query = limit ? `?limit=${limit}${token && `&continue=${encodeURIComponent(token)}`}` : '';
      const reply = await lane.exchange(message({ ...call, path: call.path + query }));
      if (reply.code !== 200) throw new Error(`${call.path} got ${reply.code}: ${reply.start}`);
      pages++;
      bytes += reply.bytes;
      token = (limit && /"continue":"([^"]+)"/.exec(reply.start)?.[1]) || '';
      if (!token) return { ...reply, bytes, pages, ms: performance.now() - startMs };
    }
  } finally {
    lane.close();
  }
}
