import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { MasterRefused, MasterUnreachable } from '../transport.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * The authority's certificate (PEM) in the chain that the master presents, provided it has the fingerprint the join token pins.
 * Nothing is sent. Rejects with `MasterUnreachable`, or with `MasterRefused` when what answers is not the token's cell.
 */
export async function fetchAuthority(masterUrl: string, fingerprint: string, signal: AbortSignal): Promise<string> {
  const chain = await presentedChain(masterUrl, signal);
  const authority = chain.find((raw) => createHash('sha256').update(raw).digest('hex') === fingerprint);
  if (!authority) throw new MasterRefused(strangerText(masterUrl, fingerprint, chain));
  return new X509Certificate(authority).toString();
}

function strangerText(masterUrl: string, fingerprint: string, chain: readonly Buffer[]): string {
  const last = chain.at(-1);
  const found = last ? createHash('sha256').update(last).digest('hex') : 'none';
  return (
    `what answers at ${masterUrl} is not the master of the cell that the join token is for: the token pins the authority ` +
    `${fingerprint}, the server presented ${found}. Check the address, or have a new token made with \`stowctl token create\``
  );
}

/** DER of each certificate the server sent, the leaf first. */
function presentedChain(masterUrl: string, signal: AbortSignal): Promise<Buffer[]> {
  const { hostname, port } = new URL(masterUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      host,
      port: Number(port || 443),
      ...(isIP(host) ? {} : { servername: host }),
      // Only to read the chain: it is checked against the pinned fingerprint, and the socket carries nothing else.
      rejectUnauthorized: false,
      timeout: HANDSHAKE_TIMEOUT_MS,
    });
    const give = (reason: Error) => {
      socket.destroy();
      signal.removeEventListener('abort', onAbort);
      reject(reason);
    };
    const onAbort = () => give(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (cause) =>
      give(new MasterUnreachable(`cannot reach the master at ${masterUrl}: ${cause.message}`, { cause })),
    );
    socket.once('timeout', () =>
      give(new MasterUnreachable(`the master at ${masterUrl} did not finish a TLS handshake in 10 s`)),
    );
    socket.once('secureConnect', () => {
      const chain = chainOf(socket.getPeerCertificate(true));
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(chain);
    });
  });
}

function chainOf(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  // A self-signed certificate names itself as its issuer; the length is bounded against loops of another kind.
  for (let at = leaf; at?.raw && chain.length < 10; at = at.issuerCertificate) {
    if (chain.some((raw) => raw.equals(at.raw))) break;
    chain.push(at.raw);
  }
  return chain;
}
