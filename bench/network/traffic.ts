import { fileURLToPath } from 'node:url';
import type { Service } from '../../api/core/service.ts';
import { Engine, TEST_IMAGE } from '../../test/docker.ts';
import { run } from '../../test/kubectl.ts';
import { addressesOf, podOn } from '../../test/network/pods.ts';
import { type Host, Site } from '../../test/network/site.ts';
import { Program } from '../../test/program.ts';
import { atLeast, atMost, type Figure, known, median, quantile } from '../report.ts';

type Say = (progress: string) => void;

const ENDS = fileURLToPath(new URL('./traffic-ends.ts', import.meta.url));
const PORT = 7000;
const ROUNDS = 7;
const PINGS = 3_000;
const OPENS = 500;
const SEND_MS = 1_000;
const QUESTIONS = 5_000;

/** A container as the kernel sees it: command that goes into its network, and its address there. */
interface End {
  readonly enter: readonly string[];
  readonly address: string;
}

/** Two ways to the same kind of server, tried in turns. */
interface Way {
  readonly from: End;
  readonly to: string;
}

/**
 * Services against plain containers on the same machines: what a client in a pod gets through a service's address, and what one gets in
 * a container that the engine alone has connected. On other machines, where plain containers do not reach each other, pods by their own addresses.
 */
export async function traffic(say: Say): Promise<Figure[]> {
  const site = await Site.start(['h1', 'h2'], ['--network', 'vxlan', '--log-level', 'warn']);
  const servers: Program[] = [];
  try {
    for (const [name, node, app] of [
      ['client', 'h1', 'client'],
      ['near', 'h1', 'near'],
      ['far', 'h2', 'far'],
    ] as const) {
      await site.kubectl.apply(podOn(name, node, { app }));
    }
    const services = new Map<string, string>();
    for (const name of ['near', 'far']) services.set(name, await makeService(site, name));
    const ips = await addressesOf(site, 3);
    const [h1, h2] = [site.host('h1'), site.host('h2')];
    const client = await podEnd(site, h1, 'client', ips);
    const [plainClient, plainServer] = [await plain(h1, 'bench-a'), await plain(h1, 'bench-b')];
    const ends = [await podEnd(site, h1, 'near', ips), await podEnd(site, h2, 'far', ips), plainServer];
    for (const end of ends) servers.push(await serve(end));
    const ways: [string, Way, Way][] = [
      [
        'on one machine, service against plain containers',
        { from: client, to: services.get('near')! },
        { from: plainClient, to: plainServer.address },
      ],
      [
        'between machines, service against pods by their addresses',
        { from: client, to: services.get('far')! },
        { from: client, to: ips.get('far')! },
      ],
    ];
    const figures: Figure[] = [];
    for (const [what, one, other] of ways) {
      say(what);
      figures.push(...(await compare(what, one, other)));
    }
    say('names');
    return [...figures, ...(await names(client, ips.get('client')!))];
  } finally {
    for (const server of servers) await server.end('SIGKILL');
    await site.destroy();
  }
}

async function makeService(site: Site, name: string): Promise<string> {
  const ports = [PORT, PORT + 1].map((port) => ({ name: `p${port}`, port, targetPort: port }));
  await site.kubectl.apply({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name } },
    spec: { selector: { app: name }, ports },
  });
  return (await site.kubectl.json<Service>(['get', 'service', name])).spec?.clusterIP ?? '';
}

const entering = (pid: number): string[] => ['nsenter', `--net=/proc/${pid}/ns/net`];

async function podEnd(site: Site, host: Host, pod: string, ips: ReadonlyMap<string, string>): Promise<End> {
  const engine = new Engine(host.engine.host);
  const container = await engine.containerOf(site.cellId, pod, 'main');
  const { State } = await engine.docker.getContainer(container?.Id ?? '').inspect();
  return { enter: entering(State.Pid), address: ips.get(pod) ?? '' };
}

/** A container on the engine's own bridge. Ends with the engine. */
async function plain(host: Host, name: string): Promise<End> {
  const { docker } = new Engine(host.engine.host);
  const container = await docker.createContainer({ name, Image: TEST_IMAGE, Cmd: ['sleep', '100000'] });
  await container.start();
  const { State, NetworkSettings } = await container.inspect();
  return { enter: entering(State.Pid), address: NetworkSettings.Networks.bridge?.IPAddress ?? '' };
}

async function serve({ enter }: End): Promise<Program> {
  const [program = '', ...args] = [...enter, process.execPath, ENDS, 'serve', String(PORT)];
  const server = new Program(program, args);
  await server.saysLine(/^ready$/);
  return server;
}

async function ask({ enter }: End, ...args: string[]): Promise<number[]> {
  const [program = '', ...rest] = [...enter, process.execPath, ENDS, ...args];
  const { code, stdout, stderr } = await run(program, rest);
  if (code !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return JSON.parse(stdout) as number[];
}

const measures = {
  ping: ({ from, to }: Way) => ask(from, 'ping', to, String(PORT), String(PINGS)),
  open: ({ from, to }: Way) => ask(from, 'open', to, String(PORT), String(OPENS)),
  send: ({ from, to }: Way) => ask(from, 'send', to, String(PORT + 1), String(SEND_MS)),
};

/** Medians of the ratios of turns that follow one another: machines are noisy. Above 1, the service is better. */
async function compare(what: string, service: Way, other: Way): Promise<Figure[]> {
  const ratios: Record<keyof typeof measures, number[]> = { ping: [], open: [], send: [] };
  const own: Record<keyof typeof measures, number[]> = { ping: [], open: [], send: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of ['ping', 'open', 'send'] as const) {
      const order = round % 2 === 0 ? [service, other] : [other, service];
      const values = [];
      for (const way of order) values.push(median(await measures[kind](way)));
      const [ours = 0, theirs = 0] = round % 2 === 0 ? values : values.toReversed();
      ratios[kind].push(kind === 'send' ? ours / theirs : theirs / ours);
      own[kind].push(ours);
    }
  }
  return [
    atLeast(`${what}: latency`, median(ratios.ping) * 100, '%', 95),
    known(`${what}: round trip through the service`, median(own.ping), 'us'),
    known(`${what}: new connections`, median(ratios.open) * 100, '%'),
    atLeast(`${what}: throughput`, median(ratios.send) * 100, '%', 95),
    known(`${what}: through the service`, (median(own.send) * 8) / 1e9, 'Gbit/s'),
  ];
}

async function names(client: End, address: string): Promise<Figure[]> {
  const server = address.replace(/\.\d+$/, '.1');
  await ask(client, 'names', server, 'near.default.svc.cluster.local', '500');
  const samples = await ask(client, 'names', server, 'near.default.svc.cluster.local', String(QUESTIONS));
  return [
    known('a name asked by a pod, median', median(samples) / 1_000, 'ms'),
    atMost('a name asked by a pod, p99', quantile(samples, 0.99) / 1_000, 'ms', 2),
  ];
}
