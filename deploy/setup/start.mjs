import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { canInstall, installPackages } from './apt.mjs';
import { awaitEngine, findEngine } from './engine.mjs';
import { fullEnvironment, isRoot, succeeds, which } from './run.mjs';
import { Failure, say } from './speech.mjs';

const SOCKET = 'unix:///var/run/docker.sock';
const LOG = '/var/log/stowage-dockerd.log';
const ENGINE_TIMEOUT_MS = 60_000;

/** A Docker engine that answers, installed and started if need be. */
export async function prepareForStart() {
  const { host, fault } = await findEngine();
  if (!fault) return;
  if (process.env.DOCKER_HOST) {
    throw new Failure(`no Docker engine answers at DOCKER_HOST=${host} (${fault}): start it, or unset DOCKER_HOST`);
  }
  if (fault === 'EACCES') {
    throw new Failure(
      `this user may not use the Docker engine at ${host}: run \`sudo usermod -aG docker $USER\`, log in again, and repeat`,
    );
  }
  if (!isRoot()) {
    throw new Failure(
      `no Docker engine answers at ${host} (${fault}): start one (\`sudo systemctl start docker\`), or run this as root once`,
    );
  }
  if (!which('dockerd')) {
    if (!canInstall()) {
      throw new Failure(
        'there is no Docker engine, and no apt-get to install one with: install Docker Engine 20.10 or newer',
      );
    }
    await installPackages(['docker.io', 'iptables'], { startServices: true });
  }
  await startEngine();
}

async function startEngine() {
  const ways = [
    // Where packages start their services, it may just be coming up.
    {
      name: 'systemctl',
      usable: existsSync('/run/systemd/system'),
      start: () => succeeds('systemctl', ['start', 'docker']),
    },
    {
      name: 'service',
      usable: existsSync('/etc/init.d/docker'),
      start: () => succeeds('service', ['docker', 'start']),
    },
  ];
  for (const way of ways.filter(({ usable }) => usable)) {
    say(`starting the Docker engine (${way.name})`);
    if (way.start() && (await awaitEngine(SOCKET, ENGINE_TIMEOUT_MS / 4))) return;
  }
  say(`starting the Docker engine (log: ${LOG})`);
  const dockerd = startDetached();
  if (await awaitEngine(SOCKET, ENGINE_TIMEOUT_MS, () => dockerd.exitCode === null)) return;
  const [last = 'it says nothing'] = readFileSync(LOG, 'utf8').trim().split('\n').slice(-1);
  throw new Failure(`the Docker engine does not start: ${last} (the whole log: ${LOG})`);
}

/** A session of its own, so that Ctrl-C in this terminal does not reach it. */
function startDetached() {
  const log = openSync(LOG, 'a');
  const child = spawn(which('dockerd'), [], {
    detached: true,
    env: fullEnvironment(),
    stdio: ['ignore', log, log],
  });
  child.on('error', () => undefined);
  child.unref();
  return child;
}
