import type { Column } from '../meta/definition.ts';
import { ageColumn, nameColumn } from './columns.ts';
import type { PersistentVolume } from './persistent-volume.ts';
import { accessModesText } from './persistent-volume-access.ts';
import { classOfClaim, classOfVolume } from './persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts';

/** What `kubectl get` prints of volumes and claims. */

const UNSET = '<unset>';

type TextOf<T> = (object: T) => string;
const text = <T extends object>(name: string, description: string, value: TextOf<T>, priority?: number): Column<T> => ({
  name,
  type: 'string',
  description,
  priority,
  value,
});

const phaseText = ({ metadata, status }: PersistentVolume | PersistentVolumeClaim): string =>
  metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? '');

function claimText({ spec }: PersistentVolume): string {
  const { namespace, name } = spec?.claimRef ?? {};
  return name ? `${namespace ?? ''}/${name}` : '';
}

export const persistentVolumeColumns: readonly Column<PersistentVolume>[] = [
  nameColumn,
  text('Capacity', 'How much it holds.', ({ spec }) => spec?.capacity?.storage ?? ''),
  text('Access Modes', 'Ways in which it may be mounted.', ({ spec }) => accessModesText(spec?.accessModes)),
  text(
    'Reclaim Policy',
    'What becomes of it once its claim is gone.',
    ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '',
  ),
  text('Status', 'Whether it is free, bound or left behind.', phaseText),
  text('Claim', 'Claim it is bound to.', claimText),
  text('StorageClass', 'Storage class it belongs to.', classOfVolume),
  text('VolumeAttributesClass', 'Attributes class it has.', ({ spec }) => spec?.volumeAttributesClassName || UNSET),
  text('Reason', 'Why it is in its state.', ({ status }) => status?.reason ?? ''),
  ageColumn,
  text('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec?.volumeMode ?? UNSET, 1),
];

/** A claim shows what it got only once it is bound. */
const whenBound =
  (value: TextOf<PersistentVolumeClaim>): TextOf<PersistentVolumeClaim> =>
  (claim) =>
    claim.spec?.volumeName ? value(claim) : '';

export const persistentVolumeClaimColumns: readonly Column<PersistentVolumeClaim>[] = [
  nameColumn,
  text('Status', 'Whether it is bound.', phaseText),
  text('Volume', 'Volume it is bound to.', ({ spec }) => spec?.volumeName ?? ''),
  text(
    'Capacity',
    'How much its volume holds.',
    whenBound(({ status }) => status?.capacity?.storage ?? ''),
  ),
  text(
    'Access Modes',
    'Ways in which its volume may be mounted.',
    whenBound(({ status }) => accessModesText(status?.accessModes)),
  ),
  text('StorageClass', 'Storage class it asks for.', classOfClaim),
  text(
    'VolumeAttributesClass',
    'Attributes class it asks for.',
    ({ spec }) => spec?.volumeAttributesClassName || UNSET,
  ),
  ageColumn,
  text('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec?.volumeMode ?? UNSET, 1),
];
