import { fetchAuthority } from '../../agent/enrolment/authority.ts';
import { requestCertificate } from '../../agent/enrolment/request.ts';
import { grpcTransport } from '../../agent/grpc/transport.ts';
import type { AgentTransport } from '../../agent/transport.ts';
import { metaOf } from '../../api/meta/object.ts';
import { systemClock } from '../../platform/clock.ts';
import { createCertificateRequest, type Identity, parseJoinToken } from '../../platform/pki.ts';
import { systemRng } from '../../platform/rng.ts';
import { NODE_USER_PREFIX } from '../../proto/enrolment.ts';
import { HollowAgent } from './hollow-agent.ts';
import type { FromHollowAgents, HollowAgentsOptions } from './hollow-agents.ts';

/** Joining at once; each is a few TLS handshakes of work for both sides. */
const AT_ONCE = 32;

/** A process full of hollow agents. Told by its parent what nodes to be; ends with it. */

const tell = (message: FromHollowAgents) => process.send?.(message);
const rng = systemRng();

/** One transport for all, as each reads the protocol anew; it asks for a certificate at each dial, and gets that of who dials. */
function dialler(masterUrl: string): (identity: Identity) => AgentTransport {
  let dialling: Identity;
  const shared = grpcTransport({ masterUrl, identity: () => dialling, clock: systemClock });
  return (identity) => ({
    connect(hello, handlers) {
      dialling = identity;
      return shared.connect(hello, handlers);
    },
  });
}

async function joinAll({ masterUrl, joinToken, nodes }: HollowAgentsOptions): Promise<void> {
  const { signal } = new AbortController();
  const caPem = await fetchAuthority(masterUrl, parseJoinToken(joinToken).fingerprint, signal);
  const enrol = async (nodeName: string): Promise<Identity> => {
    const { keyPem, csrPem } = await createCertificateRequest(`${NODE_USER_PREFIX}${nodeName}`);
    const { certPem } = await requestCertificate({ masterUrl, joinToken, caPem, signal }, { nodeName, csrPem });
    return { certPem, keyPem, caPem };
  };
  const transportOf = dialler(masterUrl);
  const lost = () => tell({ type: 'lost' });
  const queue = nodes.entries();
  const joinSome = async () => {
    for (const [index, node] of queue) {
      const transport = transportOf(await enrol(metaOf(node).name ?? ''));
      await new HollowAgent({ node, index, transport, rng, lost }).join();
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
