import { requiredText } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { PersistentVolumeSpecSchema } from '../core/persistent-volume.ts';
import { validatePersistentVolumeSpec } from '../core/persistent-volume-validation.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, described, int32, optional, type Static, string, stringMap, struct, time } from '../meta/schema.ts';
import { invalidValue, required } from '../meta/validation.ts';
import { driverNameFaults } from './csi-driver.ts';

/** The wish that a volume be attached to a node, for the driver that can do it ("VolumeAttachment" of the API reference). */

const VolumeErrorSchema = struct('io.k8s.api.storage.v1.VolumeError', 'Why an attempt failed.', {
  errorCode: optional(int32('gRPC code of the failure.')),
  message: optional(string('What went wrong, for people.')),
  time: optional(time('When it went wrong.')),
});

export const VolumeAttachmentSchema = struct('io.k8s.api.storage.v1.VolumeAttachment', 'A volume on a node.', {
  ...typeMeta,
  metadata,
  spec: struct('io.k8s.api.storage.v1.VolumeAttachmentSpec', 'Which volume should be where.', {
    attacher: string('Driver that attaches it.'),
    nodeName: string('Node it is attached to.'),
    source: struct('io.k8s.api.storage.v1.VolumeAttachmentSource', 'The volume; exactly one is set.', {
      inlineVolumeSpec: optional(described(PersistentVolumeSpecSchema, 'A volume written into a pod.')),
      persistentVolumeName: optional(string('Name of a persistent volume.')),
    }),
  }),
  status: optional(
    struct('io.k8s.api.storage.v1.VolumeAttachmentStatus', 'Whether it is there.', {
      attachError: optional(described(VolumeErrorSchema, 'Why the last attempt to attach it failed.')),
      attached: boolean('Whether it is attached.'),
      attachmentMetadata: optional(stringMap('What the driver says of the attachment.')),
      detachError: optional(described(VolumeErrorSchema, 'Why the last attempt to detach it failed.')),
    }),
  ),
});
export type VolumeAttachment = Static<typeof VolumeAttachmentSchema>;

function sourceFaults({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachment['spec']['source']): FieldError[] {
  const path = 'spec.source';
  if (!inlineVolumeSpec && persistentVolumeName === undefined)
    return [required(path, 'must specify one of inlineVolumeSpec and persistentVolumeName')];
  if (inlineVolumeSpec && persistentVolumeName !== undefined)
    return [invalidValue(path, '', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')];
  return inlineVolumeSpec
    ? validatePersistentVolumeSpec(inlineVolumeSpec, `${path}.inlineVolumeSpec`)
    : requiredText(`${path}.persistentVolumeName`, persistentVolumeName);
}

const validateVolumeAttachment = ({ spec }: VolumeAttachment): FieldError[] => [
  ...driverNameFaults('spec.attacher', spec?.attacher),
  ...requiredText('spec.nodeName', spec?.nodeName),
  ...sourceFaults(spec?.source ?? {}),
];

const column = (
  name: string,
  description: string,
  value: (object: VolumeAttachment) => string | boolean,
): Column<VolumeAttachment> => ({
  name,
  type: 'string',
  description,
  value,
});

export const volumeAttachments = defineResource<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  shortNames: [],
  categories: [],
  namespaced: false,
  schema: VolumeAttachmentSchema,
  hasStatus: true,
  showsDeleted: true,
  columns: [
    nameColumn,
    { ...column('Attacher', 'Driver that attaches it.', ({ spec }) => spec?.attacher ?? ''), format: 'name' },
    column('PV', 'Volume that is attached.', ({ spec }) => spec?.source?.persistentVolumeName ?? ''),
    column('Node', 'Node it is attached to.', ({ spec }) => spec?.nodeName ?? ''),
    { ...column('Attached', 'Whether it is there.', ({ status }) => status?.attached ?? false), type: 'boolean' },
    ageColumn,
  ],
  setDefaults() {},
  validate: validateVolumeAttachment,
  validateUpdate: (next, previous) =>
    equalJson(next.spec, previous.spec) ? [] : [invalidValue('spec', next.spec, 'field is immutable')],
});
