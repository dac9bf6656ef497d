import { DEFAULT_IMAGE_OPTIONS, type ImageOptions } from '../agent/images/image-options.ts';
import { type Values, wholeNumber } from './config.ts';
import { Trouble } from './trouble.ts';

/** How an agent looks after images: flags as the kubelet has them. */

const { policy, pullsAtOnce } = DEFAULT_IMAGE_OPTIONS;

const percent = (name: string, description: string, fallback: number) =>
  wholeNumber<number>({ name, placeholder: 'percent', description, fallback, least: 0, most: 100 });

export const imageSettings = {
  imageGcHigh: percent(
    'image-gc-high-threshold',
    "use of the engine's disk from which on unused images are removed; 100 is never",
    policy.highPercent,
  ),
  imageGcLow: percent('image-gc-low-threshold', 'use of the disk down to which they are', policy.lowPercent),
  imagePulls: wholeNumber<number>({
    name: 'max-parallel-image-pulls',
    placeholder: 'number',
    description: 'most images that are pulled at once',
    fallback: pullsAtOnce,
    least: 1,
    most: 100,
  }),
};

/** Throws `Trouble` where the thresholds are the wrong way round. */
export function imageOptionsOf({ imageGcHigh, imageGcLow, imagePulls }: Values<typeof imageSettings>): ImageOptions {
  if (imageGcLow >= imageGcHigh)
    throw new Trouble(
      `--image-gc-low-threshold ${imageGcLow} must be below --image-gc-high-threshold ${imageGcHigh}`,
      2,
    );
  return { policy: { ...policy, highPercent: imageGcHigh, lowPercent: imageGcLow }, pullsAtOnce: imagePulls };
}
