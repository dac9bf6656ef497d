import { DEFAULT_LOG_ROTATION, type LogRotation } from '../agent/log-rotation.ts';
import { canonicalQuantity, quantityValue } from '../api/meta/quantity.ts';
import { BadValue, type Setting, type Values, wholeNumber } from './config.ts';

/** How much of what containers write is kept: flags as the kubelet has them. */

const LEAST_BYTES = 1024;

const maxSize: Setting<number> = {
  name: 'container-log-max-size',
  placeholder: 'size',
  description: 'size at which the log of a container is begun anew',
  fallback: DEFAULT_LOG_ROTATION.maxBytes,
  read: (value) => {
    const bytes = canonicalQuantity(value) === undefined ? Number.NaN : quantityValue(value);
    if (bytes >= LEAST_BYTES) return bytes;
    throw new BadValue(`must be a size of at least ${LEAST_BYTES} bytes, such as 10Mi`);
  },
};

export const logSettings = {
  logMaxSize: maxSize,
  logMaxFiles: wholeNumber<number>({
    name: 'container-log-max-files',
    placeholder: 'number',
    description: 'files of such a size that are kept of each container',
    fallback: DEFAULT_LOG_ROTATION.maxFiles,
    least: 2,
    most: 1_000,
  }),
};

export const logRotationOf = ({ logMaxSize, logMaxFiles }: Values<typeof logSettings>): LogRotation => ({
  maxBytes: logMaxSize,
  maxFiles: logMaxFiles,
});
