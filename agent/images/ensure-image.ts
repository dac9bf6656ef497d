import type { Clock } from '../../platform/clock.ts';
import { containerTrouble } from '../plan/state.ts';
import type { Step } from '../plan/steps.ts';
import type { PodWork } from '../pod-work.ts';
import type { PullProgress } from '../runtime.ts';
import { pullSecrets } from './credentials.ts';
import type { Images } from './images.ts';
import type { Pulled } from './puller.ts';
import { isReference } from './reference.ts';

export interface EnsureParts {
  readonly images: Pick<Images, 'pull'>;
  readonly clock: Clock;
}

/** When a pull that takes its time is first told of; then after twice as long each time. */
const FIRST_NEWS_MS = 10_000;

/**
 * Pulls an image in the background: other containers of the pod need not wait, nor must its deletion. What becomes of it is left in the
 * pod's memory, and the pod is planned anew.
 */
export function ensureImage(
  { container, image, attempt }: Extract<Step, { type: 'ensureImage' }>,
  work: PodWork,
  { images, clock }: EnsureParts,
): void {
  const { memory } = work;
  const key = containerTrouble(container);
  const { credentials, unusable } = pullSecrets(image, work.pod, work.sources);
  const say = (reason: string, message: string) =>
    work.event({ eventType: reason.startsWith('Failed') ? 'Warning' : 'Normal', reason, message, container });
  if (!isReference(image)) {
    memory.images.set(container, { attempt, state: 'absent' });
    return void memory.failed(key, 'InvalidImageName', invalidName(image));
  }
  memory.images.set(container, { attempt, state: 'pulling' });
  if (unusable.length > 0) {
    const message = `Unable to retrieve some image pull secrets (${unusable.join(', ')}); attempting to pull the image may not succeed.`;
    say('FailedToRetrieveImagePullSecret', message);
  }
  say('Pulling', `Pulling image "${image}"`);
  const progress = teller(clock, (news) => say('Pulling', `Pulling image "${image}": ${news}`));
  images
    .pull({ reference: image, credentials, progress })
    .then((pulled) => {
      memory.images.set(container, { attempt, state: 'pulled' });
      memory.worked(key);
      say('Pulled', pulledMessage(image, pulled));
    })
    .catch((error: Error) => {
      memory.images.set(container, { attempt, state: 'absent' });
      const again = memory.troubles.get(key)?.reason.includes('Image');
      memory.failed(key, again ? 'ImagePullBackOff' : 'ErrImagePull', error.message);
    })
    .finally(() => work.wake());
}

/** For people. */
export const invalidName = (image: string): string =>
  `"${image}" cannot name an image: write [registry/]path[:tag][@digest], with the path in lower case`;

/** Tells of progress at growing intervals. */
function teller(clock: Clock, say: (news: string) => void): (progress: PullProgress) => void {
  const sinceMs = clock.monotonicMs();
  let nextMs = FIRST_NEWS_MS;
  return ({ doneBytes, totalBytes }) => {
    const elapsedMs = clock.monotonicMs() - sinceMs;
    if (elapsedMs < nextMs) return;
    nextMs = elapsedMs * 2 + FIRST_NEWS_MS;
    say(`${mebibytes(doneBytes)} of ${mebibytes(totalBytes)} so far, after ${Math.round(elapsedMs / 1000)}s`);
  };
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

function pulledMessage(image: string, { image: { sizeBytes }, tookMs, inAllMs }: Pulled): string {
  const size = sizeBytes === undefined ? '' : ` Image size: ${sizeBytes} bytes.`;
  return `Successfully pulled image "${image}" in ${duration(tookMs)} (${duration(inAllMs)} including waiting).${size}`;
}

/** As Kubernetes writes durations: `345ms`, `1.25s`, `1m2.5s`. */
function duration(ms: number): string {
  const whole = Math.trunc(ms);
  if (whole < 1_000) return `${whole}ms`;
  const minutes = Math.trunc(whole / 60_000);
  return `${minutes > 0 ? `${minutes}m` : ''}${(whole - minutes * 60_000) / 1_000}s`;
}
