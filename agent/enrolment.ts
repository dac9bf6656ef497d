import { join } from 'node:path';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import {
  createCertificateRequest,
  formatJoinToken,
  type Identity,
  parseJoinToken,
  readIdentity,
  renewalDue,
  writeIdentity,
} from '../platform/pki.ts';
import { NODE_GROUP, NODE_USER_PREFIX } from '../proto/enrolment.ts';
import { fetchAuthority } from './enrolment/authority.ts';
import { type EnrolmentProof, requestCertificate } from './enrolment/request.ts';
import { MasterRefused } from './transport.ts';

export interface EnrolmentOptions {
  /** Data directory of the agent; the certificate is kept in `agent-<nodeName>` below it. */
  readonly dataDir: string;
  /** `https://HOST:PORT` of the master to ask now. */
  readonly masterUrl: () => string;
  readonly joinToken: string;
  readonly nodeName: string;
  /** IP addresses the certificate shall name beside 127.0.0.1. */
  readonly addresses?: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often a long-running agent looks whether its certificate needs renewal. */
const RENEWAL_CHECK_MS = 12 * 60 * 60 * 1000;

/** A key, and the request for a certificate of it (PEM). */
type Wish = Awaited<ReturnType<typeof createCertificateRequest>>;

/**
 * Keeps an agent's certificate. Owns the key that a certificate is being asked for: the same until it has been given, so that a person
 * may take his time to approve it. `start` reads it from disk or joins the cell; afterwards it is renewed when less than a third
 * of its life is left. `start` rejects with `MasterUnreachable` (try again) or `MasterRefused` (a person must act).
 */
export class Enrolment implements Service {
  readonly #options: EnrolmentOptions;
  readonly #dir: string;
  #identity: Identity | undefined;
  #wish: Wish | undefined;
  #timer: Timer | undefined;
  #stopping = new AbortController();

  constructor(options: EnrolmentOptions) {
    this.#options = options;
    this.#dir = join(options.dataDir, `agent-${options.nodeName}`);
  }

  /** The certificate in use; only after `start`. */
  get identity(): Identity {
    if (!this.#identity) throw new Error('the agent has no certificate yet: start its enrolment first');
    return this.#identity;
  }

  async start(signal?: AbortSignal): Promise<void> {
    this.#stopping = new AbortController();
    const until = signal ? AbortSignal.any([signal, this.#stopping.signal]) : this.#stopping.signal;
    const { clock, joinToken } = this.#options;
    const { fingerprint } = parseJoinToken(joinToken);
    this.#identity = await readIdentity(this.#dir, fingerprint, clock.now());
    if (!this.#identity) await this.#join(until);
    else await this.#renewIfDue(until);
    this.#watch();
  }

  /** The master takes the certificate no more: the token may get another, for the same node. Rejects as `start` does. */
  async rejoin(signal?: AbortSignal): Promise<void> {
    const until = signal ? AbortSignal.any([signal, this.#stopping.signal]) : this.#stopping.signal;
    await this.#join(until);
    this.#options.log.info({ dir: this.#dir }, 'the certificate was revoked; the token has got another');
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#stopping.abort(new Error('the agent is stopping'));
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(RENEWAL_CHECK_MS, () => {
      void this.#renewIfDue(this.#stopping.signal).then(() => {
        if (!this.#stopping.signal.aborted) this.#watch();
      });
    });
  }

  /** A failure leaves the certificate in use, which is still good for a third of its life. */
  async #renewIfDue(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    if (!this.#identity || !renewalDue(this.#identity, clock.now())) return;
    try {
      await this.#renew(this.#identity, signal);
      log.info({ dir: this.#dir }, "renewed the agent's certificate");
    } catch (error) {
      log.warn({ err: error }, "could not renew the agent's certificate; it will be tried again");
    }
  }

  /**
   * Learns the authority from the master's own certificate chain, trusts it only when it is the one the token pins, and has a key
   * certified. The token goes to no one before that check.
   */
  async #join(signal: AbortSignal): Promise<void> {
    const token = parseJoinToken(this.#options.joinToken);
    const caPem = await fetchAuthority(this.#options.masterUrl(), token.fingerprint, signal);
    await this.#certify({ token: formatJoinToken(token) }, caPem, signal);
  }

  /** By the certificate there is: the token may have run out long ago. Where the master no longer takes that, as at first. */
  async #renew(identity: Identity, signal: AbortSignal): Promise<void> {
    try {
      await this.#certify({ identity }, identity.caPem, signal);
    } catch (error) {
      if (!(error instanceof MasterRefused)) throw error;
      await this.#join(signal);
    }
  }

  async #certify(proof: EnrolmentProof, caPem: string, signal: AbortSignal): Promise<void> {
    const { masterUrl, nodeName, addresses = [] } = this.#options;
    this.#wish ??= await createCertificateRequest({
      commonName: `${NODE_USER_PREFIX}${nodeName}`,
      organization: NODE_GROUP,
      dnsNames: [nodeName],
      ipAddresses: [...new Set(['127.0.0.1', ...addresses])],
    });
    const { keyPem, csrPem } = this.#wish;
    const body = { nodeName, csrPem, addresses: [...addresses] };
    const { certPem } = await requestCertificate({ masterUrl: masterUrl(), proof, caPem, signal }, body);
    // The authority is the one checked before, whatever the answer says.
    const identity = { certPem, keyPem, caPem };
    await writeIdentity(this.#dir, identity);
    this.#wish = undefined;
    this.#identity = identity;
  }
}
