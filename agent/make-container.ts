import type { Logger } from '../platform/log.ts';
import { type ContainerOperations, RANK } from './container-operations.ts';
import { containerSpec } from './container-spec.ts';
import type { Devices } from './devices.ts';
import { invalidName } from './images/ensure-image.ts';
import { isReference } from './images/reference.ts';
import { containerTrouble } from './plan/state.ts';
import type { CreateContainer } from './plan/steps.ts';
import type { Container } from './pod-types.ts';
import { containerOf, type PodWork, rememberTrouble } from './pod-work.ts';
import { completeRights, type RightsParts } from './rights/complete-rights.ts';
import { type ContainerRuntime, type ContainerSpec, isRuntimeError } from './runtime.ts';
import type { VolumeOperations } from './volumes/disk-volumes.ts';

export interface MakingParts extends RightsParts {
  readonly containers: ContainerOperations;
  readonly devices: Pick<Devices, 'give'>;
  readonly volumes: VolumeOperations;
  readonly runtime: ContainerRuntime;
  readonly log: Logger;
}

/** Makes one attempt at a container. What keeps it from being made is remembered, and what a person must change is told apart. */
export async function makeContainer(step: CreateContainer, work: PodWork, parts: MakingParts): Promise<void> {
  const container = containerOf(work.pod, step.container);
  if (!container) throw new Error(`the plan names a container "${step.container}" that the pod does not have`);
  const { volumes, devices, containers } = parts;
  try {
    const whole = await specOf(step, container, work, parts);
    if (!whole.ok) return configError(step, work, whole.message);
    const { podDir } = work.surroundings();
    await volumes.prepareMessage(podDir, container.name, step.attempt);
    await prepareNames(work, volumes);
    const mounts = await volumes.prepareMounts(whole.spec.mounts, { podDir, container: container.name }, parts.runtime);
    const given = devices.give({ ...whole.spec, mounts }, container);
    if (!given.ok) return configError(step, work, given.message);
    await containers.create(given.spec, RANK.make).finally(given.release);
    work.memory.worked(containerTrouble(step.container));
    announce(step, container, work);
  } catch (error) {
    failed(step, container, work, error, parts.log);
  }
}

/** The files of the pod's names; people hear of what does not fit into them. */
export function prepareNames(work: PodWork, volumes: VolumeOperations): Promise<void> {
  const tell = (message: string) =>
    work.event({ eventType: 'Warning', reason: 'DNSConfigForming', message, container: '' });
  return volumes.prepareNames(work.surroundings(), tell);
}

type SpecResult =
  | { readonly ok: true; readonly spec: ContainerSpec }
  | { readonly ok: false; readonly message: string };

async function specOf(
  step: CreateContainer,
  container: Container,
  work: PodWork,
  parts: RightsParts,
): Promise<SpecResult> {
  const built = containerSpec(container, step, work.surroundings(), work.sources);
  return built.ok ? await completeRights(built.spec, container, work.pod, parts) : built;
}

function announce({ attempt }: CreateContainer, { name, image }: Container, work: PodWork): void {
  const pulled = work.memory.images.get(name);
  if (pulled?.attempt !== attempt) {
    const message = `Container image "${image}" already present on machine`;
    work.event({ eventType: 'Normal', reason: 'Pulled', message, container: name });
  }
  work.event({ eventType: 'Normal', reason: 'Created', message: `Created container: ${name}`, container: name });
}

function failed(step: CreateContainer, container: Container, work: PodWork, error: unknown, log: Logger): void {
  const key = containerTrouble(step.container);
  const { image = '', imagePullPolicy } = container;
  if (isRuntimeError(error, 'invalid') && !isReference(image)) {
    work.memory.failed(key, 'InvalidImageName', invalidName(image));
  } else if (!isRuntimeError(error, 'image-missing')) {
    rememberTrouble(work, key, 'CreateContainerError', error, log);
  } else if (imagePullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    work.memory.failed(key, 'ErrImageNeverPull', message);
  } else {
    work.memory.images.set(step.container, { attempt: step.attempt, state: 'absent' });
  }
}

const configError = ({ container }: CreateContainer, { memory }: PodWork, message: string): void =>
  void memory.failed(containerTrouble(container), 'CreateContainerConfigError', message);
