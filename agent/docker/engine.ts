// Before dockerode: it stands in for a part of it.
import './without-ssh.ts';

import http from 'node:http';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import type { Clock } from '../../platform/clock.ts';
import { RuntimeError } from '../runtime.ts';
import { runtimeError } from './errors.ts';

/** Engine 20.10. What the adapter is written against; newer engines still speak it or something close. */
const LOWEST_API = '1.41';
/** No ordinary request takes longer; an engine that hangs counts as one that is down. */
const REQUEST_TIMEOUT_MS = 120_000;
/**
 * The client describes each request in full for a debug log that nobody reads; describing every open socket with it took longer than
 * the request.
 */
const UNSEEN = { [inspect.custom]: () => 'connections' };

/**
 * One Docker engine: dials it, agrees on an API version, bounds every request.
 *
 * Owns the agreed client; forgets it after a failure to connect, since the engine that comes back may be another.
 */
export class Engine {
  private readonly host: string | undefined;
  private readonly clock: Clock;
  private client: Promise<Docker> | undefined;
  /** Of the API, as the engine told when the client was agreed on. */
  private newest = LOWEST_API;

  /** `host`: `unix:///path` or `tcp://host:port`; undefined: DOCKER_HOST, else the default socket. */
  constructor(host: string | undefined, clock: Clock) {
    this.host = host;
    this.clock = clock;
  }

  /** Whether the engine is reached through a socket of this machine. */
  get local(): boolean {
    const host = this.host ?? process.env.DOCKER_HOST ?? 'unix://';
    return host.startsWith('unix://') || host.startsWith('/');
  }

  /** Runs one request. Every failure becomes a RuntimeError; `what` names the action in it. */
  async call<T>(what: string, request: (docker: Docker) => Promise<T>, timeoutMs = REQUEST_TIMEOUT_MS): Promise<T> {
    try {
      this.client ??= this.negotiate();
      const docker = await this.client;
      return await this.withDeadline(request(docker), timeoutMs);
    } catch (error) {
      const fault = runtimeError(what, error);
      if (fault.kind === 'unreachable') this.client = undefined;
      throw fault;
    }
  }

  /** Whether the engine speaks this version of the API, once it has been dialled. */
  speaks(version: string): boolean {
    return !older(this.newest, version);
  }

  /** A GET whose body is read as it comes. dockerode's own methods gather a body that is not followed in memory. */
  stream(what: string, path: string, query: object, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
    return this.call(what, (docker) => {
      return new Promise((resolve, reject) => {
        const options = {
          path: `${path}?`,
          method: 'GET',
          isStream: true,
          options: { ...query },
          abortSignal: signal,
          statusCodes: { 200: true },
        };
        docker.modem.dial(options, (error: unknown, body: unknown) => {
          if (error) reject(error);
          else resolve(body as NodeJS.ReadableStream);
        });
      });
    });
  }

  private async negotiate(): Promise<Docker> {
    // A connection per request: a kept one that the engine closed meanwhile would fail a request that was never seen.
    const agent = Object.assign(new http.Agent({ keepAlive: false }), UNSEEN);
    const options = { ...hostOptions(this.host), agent };
    const found = await this.withDeadline(new Docker(options).version(), REQUEST_TIMEOUT_MS);
    if (older(found.ApiVersion, LOWEST_API)) {
      throw new RuntimeError(
        'failed',
        `this Docker engine (${found.Version}) speaks API ${found.ApiVersion}; ${LOWEST_API} (Engine 20.10) or newer is needed`,
      );
    }
    this.newest = found.ApiVersion;
    const version = older(LOWEST_API, found.MinAPIVersion ?? LOWEST_API) ? found.MinAPIVersion : LOWEST_API;
    return new Docker({ ...options, version: `v${version}` });
  }

  private async withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    const late = Promise.withResolvers<never>();
    const fail = () => late.reject(new Error(`no answer within ${timeoutMs / 1000} s`));
    const timer = this.clock.setTimer(timeoutMs, fail);
    return await Promise.race([work, late.promise]).finally(() => timer.cancel());
  }
}

/** Options that name the engine, overriding what dockerode takes from the environment. */
export function hostOptions(host: string | undefined): Docker.DockerOptions {
  if (!host) return {};
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length), host: undefined };
  if (host.startsWith('/')) return { socketPath: host, host: undefined };
  const url = URL.parse(host.includes('://') ? host : `tcp://${host}`);
  if (url && ['tcp:', 'http:'].includes(url.protocol) && url.hostname) {
    return { host: url.hostname, port: Number(url.port || 2375), protocol: 'http', socketPath: undefined };
  }
  throw new RuntimeError(
    'invalid',
    `cannot use the Docker host "${host}": write unix:///path/to/docker.sock or tcp://host:port`,
  );
}

/** Compares API versions such as `1.41` number by number. */
function older(left: string, right: string): boolean {
  const [a = 0, b = 0] = left.split('.').map(Number);
  const [c = 0, d = 0] = right.split('.').map(Number);
  return a < c || (a === c && b < d);
}
