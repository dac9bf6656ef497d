import { Agent, request } from 'node:https';
import type { ClusterAccess } from '../client/kubeconfig.ts';

const OBJECTS = 6000;
const CONNECTIONS = 64;
const PATH = '/api/v1/namespaces/default/configmaps';

/** ConfigMaps of about 1 kB created per second over many kept-alive connections, each waiting for its answer. */
export async function createRate(access: ClusterAccess): Promise<number> {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS,
    ca: access.ca,
    cert: access.cert,
    key: access.key,
  });
  const data = { text: 'x'.repeat(900) };
  let next = 0;
  const createSome = async (until: number) => {
    while (next < until) {
      const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `rate-${next++}` }, data });
      await post(agent, access.server, body);
    }
  };
  const lanes = (until: number) => Promise.all(Array.from({ length: CONNECTIONS }, () => createSome(until)));
  await lanes(OBJECTS / 6); // connections, caches and the compiler warm up
  const [startMs, warm] = [performance.now(), next];
  await lanes(OBJECTS);
  agent.destroy();
  return (next - warm) / ((performance.now() - startMs) / 1000);
}

function post(agent: Agent, server: string, body: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const call = request(server + PATH, { method: 'POST', agent, headers }, (response) => {
    response.resume();
    response.on('end', () => {
      if (response.statusCode === 201) resolve();
      else reject(new Error(`POST ${PATH} answered ${response.statusCode}`));
    });
  });
  call.on('error', reject);
  call.end(body);
  return promise;
}
