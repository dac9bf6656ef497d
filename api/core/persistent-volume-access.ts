import type { FieldError } from '../meta/errors.ts';
import { forbiddenField, notSupported, required } from '../meta/validation.ts';

/** Ways in which a volume may be mounted ("Persistent Volumes", access modes). */

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] as const;
export const VOLUME_MODES = ['Block', 'Filesystem'] as const;
const ALONE = 'ReadWriteOncePod';

const SHORT: ReadonlyMap<string, string> = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

/** `RWO,ROX`, always in the same order. */
export const accessModesText = (modes: readonly string[] | undefined): string =>
  [...SHORT]
    .filter(([mode]) => modes?.includes(mode))
    .map(([, text]) => text)
    .join(',');

export function validateAccessModes(modes: readonly string[] | undefined, path: string): FieldError[] {
  if (!modes?.length) return [required(path, 'at least 1 access mode is required')];
  const known: readonly string[] = ACCESS_MODES;
  const errors = modes.filter((mode) => !known.includes(mode)).map((mode) => notSupported(path, mode, known));
  return modes.includes(ALONE) && modes.length > 1
    ? [...errors, forbiddenField(path, `may not use ${ALONE} with other access modes`)]
    : errors;
}

export function validateVolumeMode(mode: string | undefined, path: string): FieldError[] {
  const known: readonly string[] = VOLUME_MODES;
  return mode && !known.includes(mode) ? [notSupported(path, mode, known)] : [];
}
