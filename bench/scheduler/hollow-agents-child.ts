import { Enrolment } from '../../agent/enrolment.ts';
import { grpcTransport } from '../../agent/grpc/transport.ts';
import type { AgentTransport } from '../../agent/transport.ts';
import { metaOf } from '../../api/meta/object.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import { HollowAgent } from './hollow-agent.ts';
import type { FromHollowAgents, HollowAgentsOptions } from './hollow-agents.ts';

/** Joining at once; each is a few TLS handshakes of work for both sides. */
const AT_ONCE = 32;

/** A process full of hollow agents. Told by its parent what nodes to be; ends with it. */

const tell = (message: FromHollowAgents) => process.send?.(message);
const rng = systemRng();

/** One transport for all, as each reads the protocol anew; it asks for a certificate at each dial, and gets that of who dials. */
function dialler(masterUrl: string): (enrolment: Enrolment) => AgentTransport {
  let dialling: Enrolment;
  const shared = grpcTransport({ masterUrl, identity: () => dialling.identity, clock: systemClock });
  return (enrolment) => ({
    connect(hello, handlers) {
      dialling = enrolment;
      return shared.connect(hello, handlers);
    },
  });
}

async function joinAll({ nodes, ...cell }: HollowAgentsOptions): Promise<void> {
  const transportOf = dialler(cell.masterUrl);
  const lost = () => tell({ type: 'lost' });
  const queue = nodes.entries();
  const joinSome = async () => {
    for (const [index, node] of queue) {
      const enrolment = new Enrolment({
        ...cell,
        masterUrl: () => cell.masterUrl,
        nodeName: metaOf(node).name ?? '',
        clock: systemClock,
        log: silentLogger,
      });
      await enrolment.start();
      await new HollowAgent({ node, index, transport: transportOf(enrolment), rng, lost }).join();
      tell({ type: 'joined' });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, joinSome));
}

process.once('message', (options: HollowAgentsOptions) => {
  joinAll(options).catch((error: Error) => {
    console.error(error);
    process.exit(1);
  });
});
process.once('disconnect', () => process.exit());
