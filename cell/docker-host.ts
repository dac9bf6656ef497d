import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerRuntime } from '../agent/runtime.ts';
import type { Surroundings } from './settings.ts';
import { Trouble } from './trouble.ts';

const SYSTEM_SOCKET = '/var/run/docker.sock';

/**
 * Which Docker engine to use: the one asked for, else DOCKER_HOST, else the system's socket, else this user's own engine (Docker
 * docs, "Rootless mode"). `exists` tells whether a path is there.
 */
export function dockerHostFor(
  asked: string | undefined,
  { env, uid, home }: Surroundings,
  exists: (path: string) => boolean = existsSync,
): string {
  if (asked) return asked;
  if (env.DOCKER_HOST) return env.DOCKER_HOST;
  const own = [join(env.XDG_RUNTIME_DIR || `/run/user/${uid}`, 'docker.sock'), join(home, '.docker/run/docker.sock')];
  const socket = [SYSTEM_SOCKET, ...own].find(exists);
  return `unix://${socket ?? SYSTEM_SOCKET}`;
}

/** Throws `Trouble` when no Docker engine answers at `host`. */
export async function requireDocker(runtime: ContainerRuntime, host: string): Promise<void> {
  try {
    await runtime.info();
  } catch (error) {
    throw new Trouble(
      `no Docker engine answers at ${host}: start one, or name its address with --docker-host (${(error as Error).message})`,
      1,
      error,
    );
  }
}
