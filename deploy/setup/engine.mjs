import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { sleep } from './run.mjs';

const PING_TIMEOUT_MS = 5_000;

/**
 * A Docker engine that answers: `{ host }`; or why none does: `{ fault, host }` with the fault of the most likely place.
 * DOCKER_HOST is the only place when it is set; else the system's socket, then this user's own engine.
 */
export async function findEngine(env = process.env) {
  const faults = [];
  for (const host of engineHosts(env)) {
    const fault = await ping(host);
    if (!fault) return { host };
    faults.push({ host, fault });
  }
  return faults.find(({ fault }) => fault !== 'ENOENT') ?? faults[0];
}

/** Where an engine may listen, best first. */
export function engineHosts(env, uid = process.getuid?.()) {
  if (env.DOCKER_HOST) return [env.DOCKER_HOST];
  const runtimeDir = env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`;
  const sockets = ['/var/run/docker.sock', join(runtimeDir, 'docker.sock'), join(homedir(), '.docker/run/docker.sock')];
  return sockets.map((socket) => `unix://${socket}`);
}

/** `undefined` when the engine answers, else the error's code. */
export function ping(host) {
  return new Promise((resolve) => {
    const target = addressOf(host);
    if (!target) return resolve('EINVAL');
    const call = request({ ...target, path: '/_ping', timeout: PING_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`);
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    call.on('error', (error) => resolve(error.code ?? error.message));
    call.end();
  });
}

function addressOf(host) {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  if (host.startsWith('/')) return { socketPath: host };
  if (!URL.canParse(host)) return undefined;
  const { hostname, port } = new URL(host);
  return { host: hostname, port: Number(port || 2375) };
}

/** Waits until the engine answers or the deadline passes; resolves with whether it does. `lives` tells early that it never will. */
export async function awaitEngine(host, timeoutMs, lives = () => true) {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (!(await ping(host))) return true;
    if (!lives()) return false;
    await sleep(200);
  }
  return false;
}
