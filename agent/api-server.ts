import { isIPv4, isIPv6 } from 'node:net';

/** Where pods find the API server. */
export interface ApiServer {
  readonly host: string;
  readonly port: string;
}

const HTTPS_PORT = '443';

/** `localhost` and its like: inside a pod they are the pod. */
function isThisMachine(host: string): boolean {
  return (
    host === 'localhost' || (isIPv4(host) && host.startsWith('127.')) || (isIPv6(host) && /^(0*:)*0*1$/.test(host))
  );
}

/** The master that the agent uses, as pods reach it. `address`: of this machine. */
export function apiServerOf(masterUrl: string, address: string): ApiServer {
  const { hostname, port } = new URL(masterUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host: isThisMachine(host) ? address : host, port: port || HTTPS_PORT };
}

/** What client libraries read (Kubernetes, "Accessing the Kubernetes API from a Pod"). */
export function apiServerVariables(server: ApiServer | undefined): Map<string, string> {
  if (!server) return new Map();
  const { host, port } = server;
  return new Map([
    ['KUBERNETES_SERVICE_HOST', host],
    ['KUBERNETES_SERVICE_PORT', port],
    ['KUBERNETES_SERVICE_PORT_HTTPS', port],
  ]);
}
