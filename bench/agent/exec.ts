import { randomBytes } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import type { Engine } from '../../test/docker.ts';
import { TEST_IMAGE } from '../../test/docker.ts';
import { atMost, type Figure, known, median } from '../report.ts';
import { type AgentRig, PODS } from './rig.ts';

const NAME = 'target';
const ROUNDS = 25;

/** A command through the API against the same command at the engine, in turn. */
export async function execRoundTrip(rig: AgentRig, engine: Engine): Promise<Figure[]> {
  await rig.create(NAME, { containers: [{ name: 'main', image: TEST_IMAGE, command: ['sleep', '100000'] }] });
  await rig.ready(1);
  const container = await engine.containerOf(await rig.cellId(), NAME, 'main');
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await timed(() => execAtEngine(engine, container?.Id ?? '')));
    ours.push(await timed(() => execThroughApi(rig)));
  }
  await rig.remove([NAME]);
  return [
    known('exec of `true` at the engine, p50', median(bare), 'ms'),
    known('exec of `true` through the API, p50', median(ours), 'ms'),
    atMost('exec round trip over the engine’s own, p50', median(ours) - median(bare), 'ms', 50),
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function execAtEngine({ docker }: Engine, id: string): Promise<void> {
  const exec = await docker.getContainer(id).exec({ Cmd: ['true'], AttachStdout: true, AttachStderr: true });
  const body = await exec.start({});
  await new Promise<void>((resolve) => body.on('end', () => resolve()).resume());
  await exec.inspect();
}

/** As kubectl does it: an upgrade to a WebSocket, whose last message says how the command ended. */
async function execThroughApi({ client }: AgentRig): Promise<void> {
  const { server, ca, cert, key } = client.access;
  const { hostname, port } = new URL(server);
  const socket = connect({ host: hostname, port: Number(port), ca, cert, key });
  const path = `${PODS}/${NAME}/exec?container=main&command=true&stdout=true&stderr=true`;
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      `sec-websocket-key: ${randomBytes(16).toString('base64')}`,
      'sec-websocket-protocol: v5.channel.k8s.io',
      '\r\n',
    ].join('\r\n'),
  );
  const said = await allSaid(socket);
  if (!said.includes('"status":"Success"')) throw new Error(`exec through the API failed: ${said.slice(-500)}`);
}

async function allSaid(socket: TLSSocket): Promise<string> {
  let said = '';
  for await (const piece of socket) {
    said += (piece as Buffer).toString('latin1');
    if (said.includes('"Success"') || said.includes('"Failure"')) break;
  }
  socket.destroy();
  return said;
}
