import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { gunzipSync } from 'node:zlib';
import type { RawApi } from '../raw-api.ts';
import type { Shot } from './shot.ts';

/** What came back; `trouble` where that was no whole answer. */
export interface Shell {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly ms: number;
  readonly trouble?: string;
}

/** The time within which every request has to be answered. */
export const ANSWER_WITHIN_MS = 2_000;
/** What goes on for as long as the client listens is cut after this. */
const LISTEN_MS = 20;

const GOES_ON = /[?&](watch|follow)=(?!0|false)|\/watch\/|\/(attach|exec|portforward|proxy)\b/;

/** Sends requests one after another, on connections that are kept. */
export class Gun {
  readonly #api: RawApi;
  readonly #agent: Agent;

  constructor(api: RawApi) {
    this.#api = api;
    // Whatever the Host of a request says.
    const servername = 'localhost';
    this.#agent = new Agent({ ca: api.ca, ...api.identity, servername, keepAlive: true, maxSockets: 4 });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Never rejects. */
  fire(shot: Shot): Promise<Shell> {
    const startedMs = performance.now();
    return new Promise((resolve) => {
      let sent: ClientRequest | undefined;
      const end = (shell: Omit<Shell, 'ms'>) => {
        clearTimeout(overdue);
        resolve({ ...shell, ms: performance.now() - startedMs });
      };
      const failed = (trouble: string) => end({ code: 0, headers: {}, body: Buffer.alloc(0), trouble });
      const overdue = setTimeout(() => {
        failed(`no whole answer within ${ANSWER_WITHIN_MS} ms`);
        sent?.destroy();
      }, ANSWER_WITHIN_MS);
      try {
        sent = this.#request(shot);
      } catch (error) {
        // The client itself will not say this.
        end({ code: -1, headers: {}, body: Buffer.alloc(0), trouble: undefined });
        void error;
        return;
      }
      sent.on('error', (error) => failed(`the connection broke: ${error.message}`));
      sent.on('upgrade', (response, socket) => {
        socket.destroy();
        end({ code: response.statusCode ?? 0, headers: response.headers, body: Buffer.alloc(0) });
      });
      sent.on('response', (response) => void this.#read(response, shot).then(end, (error) => failed(String(error))));
    });
  }

  #request({ method, path, headers, body }: Shot): ClientRequest {
    const length = body && { 'content-length': String(body.length) };
    const sent = request(`${this.#api.url}`, { path, method, headers: { ...headers, ...length }, agent: this.#agent });
    sent.end(body);
    return sent;
  }

  async #read(response: IncomingMessage, shot: Shot): Promise<Omit<Shell, 'ms'>> {
    const chunks: Buffer[] = [];
    const streams = response.statusCode === 200 && GOES_ON.test(shot.path);
    const cut = streams ? setTimeout(() => response.destroy(), LISTEN_MS) : undefined;
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch (error) {
      if (!streams) throw error;
    } finally {
      clearTimeout(cut);
    }
    const raw = Buffer.concat(chunks);
    const body = response.headers['content-encoding'] === 'gzip' && !streams ? gunzipSync(raw) : raw;
    return { code: response.statusCode ?? 0, headers: response.headers, body };
  }
}
