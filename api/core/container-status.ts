import {
  boolean,
  described,
  int32,
  int64,
  list,
  optional,
  quantityMap,
  type Static,
  string,
  struct,
  time,
} from '../meta/schema.ts';
import { ResourceRequirementsSchema } from './resource-requirements.ts';

/** What a container is doing, as its agent last saw it. */

export const ContainerStateTerminatedSchema = struct(
  'io.k8s.api.core.v1.ContainerStateTerminated',
  'A container that has ended.',
  {
    containerID: optional(string('Id in the runtime: `docker://...`.')),
    exitCode: int32('Exit code of the first process.'),
    finishedAt: optional(time('When it ended.')),
    message: optional(string('Its final message.')),
    reason: optional(string('Why, in one word: Completed, Error, OOMKilled.')),
    signal: optional(int32('Signal that ended it.')),
    startedAt: optional(time('When it started.')),
  },
);
export type ContainerStateTerminated = Static<typeof ContainerStateTerminatedSchema>;

export const ContainerStateSchema = struct(
  'io.k8s.api.core.v1.ContainerState',
  'State of a container; one is set, none means waiting.',
  {
    running: optional(
      struct('io.k8s.api.core.v1.ContainerStateRunning', 'A container that runs.', {
        startedAt: optional(time('When it started.')),
      }),
    ),
    terminated: optional(ContainerStateTerminatedSchema),
    waiting: optional(
      struct('io.k8s.api.core.v1.ContainerStateWaiting', 'A container that is not running yet.', {
        message: optional(string('Why, for people.')),
        reason: optional(string('Why, in one word: ContainerCreating, CrashLoopBackOff, ImagePullBackOff.')),
      }),
    ),
  },
);
export type ContainerState = Static<typeof ContainerStateSchema>;

const ResourceStatusSchema = struct('io.k8s.api.core.v1.ResourceStatus', 'Health of one kind of device.', {
  name: string('Name of the resource.'),
  resources: optional(
    list(
      struct('io.k8s.api.core.v1.ResourceHealth', 'Health of one device.', {
        health: optional(string('Healthy, Unhealthy or Unknown.')),
        message: optional(string('What is wrong.')),
        resourceID: string('Id of the device.'),
      }),
      'Health of each device.',
      { type: 'map', keys: ['resourceID'] },
    ),
  ),
});

const ContainerUserSchema = struct('io.k8s.api.core.v1.ContainerUser', 'Identity of the first process.', {
  linux: optional(
    struct('io.k8s.api.core.v1.LinuxContainerUser', 'Identity on Linux.', {
      gid: int64('Group id.'),
      supplementalGroups: optional(list(int64('A group id.'), 'Further groups.')),
      uid: int64('User id.'),
    }),
  ),
});

const VolumeMountStatusSchema = struct('io.k8s.api.core.v1.VolumeMountStatus', 'How a volume is mounted.', {
  mountPath: string('Path in the container.'),
  name: string('Name of the volume.'),
  readOnly: optional(boolean('Whether it is read-only.')),
  recursiveReadOnly: optional(string('Whether mounts below it are read-only: Disabled, IfPossible or Enabled.')),
  volumeStatus: optional(
    struct('io.k8s.api.core.v1.VolumeStatus', 'State of the volume, by its kind.', {
      image: optional(
        struct('io.k8s.api.core.v1.ImageVolumeStatus', 'State of an image volume.', {
          imageRef: string('Digest of the image.'),
        }),
      ),
    }),
  ),
});

export const ContainerStatusSchema = struct('io.k8s.api.core.v1.ContainerStatus', 'What a container is doing.', {
  allocatedResources: optional(quantityMap('Requests the agent has granted.')),
  allocatedResourcesStatus: optional(
    list(ResourceStatusSchema, 'Health of the devices it was given.', {
      type: 'map',
      keys: ['name'],
      mergeKey: 'name',
    }),
  ),
  containerID: optional(string('Id in the runtime: `docker://...`.')),
  image: string('Image it runs.'),
  imageID: string('Digest of that image.'),
  lastState: optional(described(ContainerStateSchema, 'How it ended the time before.')),
  name: string('Name of the container.'),
  ready: boolean('Whether it passes its readiness probe.'),
  resources: optional(described(ResourceRequirementsSchema, 'Requests and limits in force.')),
  restartCount: int32('How often it was started again.'),
  started: optional(boolean('Whether it runs and has passed its startup probe.')),
  state: optional(described(ContainerStateSchema, 'What it is doing.')),
  stopSignal: optional(string('Signal that asks it to stop.')),
  user: optional(ContainerUserSchema),
  volumeMounts: optional(
    list(VolumeMountStatusSchema, 'How its volumes are mounted.', {
      type: 'map',
      keys: ['mountPath'],
      mergeKey: 'mountPath',
    }),
  ),
});
export type ContainerStatus = Static<typeof ContainerStatusSchema>;
