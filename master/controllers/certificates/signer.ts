import {
  type CertificateSigningRequest,
  certificateSigningRequests,
  type RequestCondition,
} from '../../../api/certificates/certificate-signing-request.ts';
import { isApiError } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import type { Service } from '../../../platform/lifecycle.ts';
import type { Authority } from '../../../platform/pki.ts';
import type { MasterContext } from '../../context.ts';
import { Deposed } from '../../objects/objects.ts';
import { type Outcome, WorkQueue } from '../kit/work-queue.ts';
import { type Signing, signingOf } from './signing.ts';

const USER = { user: 'system:serviceaccount:kube-system:certificate-controller' };
const BACKOFF = { baseMs: 100, maxMs: 60_000 };

/**
 * Signs requests for certificates, once they are approved, with the cell's authority. (Not one of the controllers of the kit: signing
 * takes its time, so what is decided about a request is carried out here.)
 *
 * Owns: its queue and subscription, from `start` to `stop`; may be started again.
 */
export class CertificateSigner implements Service {
  readonly #context: MasterContext;
  readonly #authority: Authority;
  #queue: WorkQueue | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(context: MasterContext, authority: Authority) {
    this.#context = context;
    this.#authority = authority;
  }

  async start(): Promise<void> {
    const { cache, clock, rng } = this.#context;
    const queue = new WorkQueue({ clock, rng, workers: 1, backoff: BACKOFF, work: (name) => this.#work(name) });
    this.#queue = queue;
    for (const request of cache.list(certificateSigningRequests)) queue.add(metaOf(request).name ?? '');
    this.#unsubscribe = cache.subscribe(certificateSigningRequests, ({ object }) =>
      queue.add(metaOf(object).name ?? ''),
    );
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.#queue?.stop();
  }

  async #work(name: string): Promise<Outcome> {
    const found = this.#context.cache.get(certificateSigningRequests, undefined, name);
    const signing = found && signingOf(found);
    if (!signing || signing.type === 'none') return { type: 'done' };
    try {
      await this.#answer(found, await this.#sign(signing));
      return { type: 'done' };
    } catch (error) {
      if (isApiError(error, 'NotFound') || isApiError(error, 'Conflict') || error instanceof Deposed)
        return { type: 'done' };
      this.#context.log.warn(
        { request: name, err: error },
        'a certificate could not be handed out; it will be tried again',
      );
      return { type: 'retry' };
    }
  }

  /** The certificate; or why there will be none, which no second attempt would change. */
  async #sign(signing: Exclude<Signing, { type: 'none' }>): Promise<{ certPem: string } | { failure: string }> {
    if (signing.type === 'fail') return { failure: signing.message };
    try {
      return { certPem: await this.#authority.sign(signing.csrPem, signing.request) };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  }

  async #answer(found: CertificateSigningRequest, answer: { certPem: string } | { failure: string }): Promise<void> {
    const { name = '', uid } = metaOf(found);
    const nowText = timestamp(this.#context.clock.now());
    const change = (current: CertificateSigningRequest) => {
      if (signingOf(current).type === 'none') return;
      current.status =
        'certPem' in answer
          ? { ...current.status, certificate: Buffer.from(answer.certPem).toString('base64') }
          : { ...current.status, conditions: [...(current.status?.conditions ?? []), failed(answer.failure, nowText)] };
    };
    const options = { part: 'status', preconditions: { uid } } as const;
    await this.#context.objects.update(certificateSigningRequests, undefined, name, change, USER, options);
  }
}

const failed = (message: string, nowText: string): RequestCondition => ({
  type: 'Failed',
  status: 'True',
  reason: 'SignerValidationFailure',
  message,
  lastUpdateTime: nowText,
  lastTransitionTime: nowText,
});
