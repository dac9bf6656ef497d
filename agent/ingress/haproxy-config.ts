import type { Shown } from './certificates.ts';
import type { Routes } from './routes.ts';
import type { Slots } from './slots.ts';

/** Where the proxy listens, and where its files are. */
export interface ProxyPlace {
  readonly address: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly directory: string;
  /** As whom it runs once it listens; undefined: as whoever starts it. */
  readonly user?: string;
}

/** What is written for HAProxy 2.6 and later. */
export interface ProxyFiles {
  /** By path below the directory. */
  readonly files: ReadonlyMap<string, string>;
  /** The same where nothing but servers differs: then the running process can be told. */
  readonly shape: string;
  readonly slots: ReadonlyMap<string, Slots>;
}

export const CONFIG = 'haproxy.cfg';
export const RUNTIME_SOCKET = 'runtime.sock';
export const METRICS_SOCKET = 'metrics.sock';

/** Pure; of names that were checked before, so that nothing of them can be anything else than a name. */
export function proxyFiles(
  place: ProxyPlace,
  routes: Routes,
  certificates: readonly Shown[],
  slots: ReadonlyMap<string, Slots>,
): ProxyFiles {
  const rest = new Map([
    ['hosts.map', mapText([...routes.hosts].map((host) => [host, host]))],
    ['exact.map', mapText([...routes.exact])],
    ['prefix.map', mapText([...routes.prefix])],
    ['certificates.list', certificateList(place, certificates)],
    ...certificates.map(({ file, pem }): [string, string] => [`certificates/${file}`, pem]),
  ]);
  const text = (backends: string) =>
    `${[head(place), frontend(place, routes, certificates.length > 0), backends].join('\n\n')}\n`;
  const config = text([...slots].map(([name, held]) => backend(name, held)).join('\n\n'));
  const sizes = text([...slots].map(([name, held]) => `${name} ${held.length}`).join('\n'));
  const files = new Map([...rest, [CONFIG, config]]);
  return { files, shape: JSON.stringify([sizes, ...rest]), slots };
}

/** In order, so that the same routes are the same text. */
const mapText = (entries: readonly (readonly [string, string])[]): string =>
  [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');

const certificateList = ({ directory }: ProxyPlace, certificates: readonly Shown[]): string =>
  certificates.map(({ file, hosts }) => `${[`${directory}/certificates/${file}`, ...hosts].join(' ')}\n`).join('');

function head({ directory, user }: ProxyPlace): string {
  return `global
  stats socket ${directory}/${RUNTIME_SOCKET} mode 600 level admin expose-fd listeners
  stats timeout 20d
  hard-stop-after 5m${user ? `\n  user ${user}\n  group ${user}` : ''}
  ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout http-request 10s
  timeout tunnel 1h
  retries 3
  option redispatch 1
  retry-on conn-failure
  option forwardfor

frontend metrics
  bind unix@${directory}/${METRICS_SOCKET} mode 600
  http-request use-service prometheus-exporter

backend nowhere
  http-request return status 404 content-type text/plain string "no ingress of this cell is for this host and path"`;
}

/** The host first: its own rules, those of the wildcard that it is one of, those for every host; then the path. */
function frontend(
  { address, httpPort, httpsPort, directory }: ProxyPlace,
  { fallback }: Routes,
  hasTls: boolean,
): string {
  const map = (kind: string, file: string) => `map_${kind}(${directory}/${file}.map)`;
  const tls = `\n  bind ${address}:${httpsPort} ssl crt-list ${directory}/certificates.list alpn h2,http/1.1`;
  return `frontend ingress
  bind ${address}:${httpPort}${hasTls ? tls : ''}
  http-request del-header x-forwarded-for
  http-request set-header x-forwarded-proto https if { ssl_fc }
  http-request set-header x-forwarded-proto http unless { ssl_fc }
  http-request set-var(txn.host) req.hdr(host),field(1,:),lower
  http-request set-var(txn.path) path
  http-request set-var(txn.site) var(txn.host),${map('str', 'hosts')}
  http-request set-var(txn.site) var(txn.host),regsub(^[^.]*,*),${map('str', 'hosts')} unless { var(txn.site) -m found }
  http-request set-var(txn.site) str(*) unless { var(txn.site) -m found }
  http-request set-var(txn.backend) var(txn.site),concat(,txn.path),${map('str', 'exact')}
  http-request set-var(txn.backend) var(txn.site),concat(,txn.path,/),${map('beg', 'prefix')} unless { var(txn.backend) -m found }
  use_backend %[var(txn.backend)] if { var(txn.backend) -m found }
  default_backend ${fallback ?? 'nowhere'}`;
}

function backend(name: string, slots: Slots): string {
  const servers = slots.map((end, at) => `  server s${at} ${end ?? '127.0.0.1:1 disabled'}`);
  return [`backend ${name}`, '  balance leastconn', ...servers].join('\n');
}

/** Lines for the runtime socket that bring the servers of a running process from one state to another. */
export function serverCommands(before: ReadonlyMap<string, Slots>, after: ReadonlyMap<string, Slots>): string[] {
  return [...after].flatMap(([name, slots]) =>
    slots.flatMap((end, at) => {
      const was = before.get(name)?.[at];
      if (was === end) return [];
      const server = `${name}/s${at}`;
      // Those who are with it stay until they have their answer.
      if (end === undefined) return [`set server ${server} state maint`];
      const [address, port] = end.split(':');
      return [`set server ${server} addr ${address} port ${port}`, `set server ${server} state ready`];
    }),
  );
}
