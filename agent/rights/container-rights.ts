import { Missing } from '../missing.ts';
import { type Container, type Pod, specOf } from '../pod-types.ts';
import type { ContainerSpec } from '../runtime.ts';

/**
 * What a container's processes may do, as far as the pod says (Kubernetes, "Configure a Security Context for a Pod or Container"). A
 * container's own setting wins over the pod's. What the machine has to add (the image's user, a profile's text) comes later:
 * `complete-rights.ts`.
 */

export type Rights = Pick<
  ContainerSpec,
  | 'user'
  | 'groups'
  | 'readOnlyRoot'
  | 'privileged'
  | 'noNewPrivileges'
  | 'unmaskedProc'
  | 'seccomp'
  | 'appArmor'
  | 'seLinux'
  | 'capabilitiesAdd'
  | 'capabilitiesDrop'
>;

type SecurityContext = NonNullable<Container['securityContext']>;

/** The settings of which a container has one of its own or takes the pod's. */
export interface Identity
  extends Pick<
    SecurityContext,
    'runAsUser' | 'runAsGroup' | 'runAsNonRoot' | 'seccompProfile' | 'appArmorProfile' | 'seLinuxOptions'
  > {
  /** Groups that the image gives its user do not count. */
  readonly strictGroups: boolean;
}

export function identityOf(container: Container, pod: Pod): Identity {
  const own = container.securityContext ?? {};
  const common = specOf(pod).securityContext ?? {};
  return {
    runAsUser: own.runAsUser ?? common.runAsUser,
    runAsGroup: own.runAsGroup ?? common.runAsGroup,
    runAsNonRoot: own.runAsNonRoot ?? common.runAsNonRoot,
    seccompProfile: own.seccompProfile ?? common.seccompProfile,
    appArmorProfile: own.appArmorProfile ?? common.appArmorProfile,
    seLinuxOptions: own.seLinuxOptions ?? common.seLinuxOptions,
    strictGroups: common.supplementalGroupsPolicy === 'Strict',
  };
}

/** Throws {@link Missing} for what can never be granted. */
export function containerRights(container: Container, pod: Pod): Rights {
  const own = container.securityContext ?? {};
  const { fsGroup, supplementalGroups = [] } = specOf(pod).securityContext ?? {};
  const identity = identityOf(container, pod);
  const { seccompProfile, seLinuxOptions: seLinux } = identity;
  return {
    user: userOf(container.name, identity),
    groups: [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])].map(String),
    readOnlyRoot: own.readOnlyRootFilesystem ?? false,
    privileged: own.privileged ?? false,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    unmaskedProc: own.procMount === 'Unmasked',
    ...(seccompProfile?.type === 'Unconfined' && { seccomp: 'unconfined' }),
    appArmor: appArmorOf(identity),
    ...(seLinux && { seLinux }),
    capabilitiesAdd: (own.capabilities?.add ?? []).map(capability),
    capabilitiesDrop: (own.capabilities?.drop ?? []).map(capability),
  };
}

/** As the engine writes users; undefined where the image has a part in it. */
function userOf(name: string, { runAsUser, runAsGroup, runAsNonRoot, strictGroups }: Identity): string | undefined {
  if (runAsNonRoot && runAsUser === 0)
    throw new Missing(`container "${name}" must not run as root (runAsNonRoot) but has runAsUser 0`);
  if (strictGroups && runAsGroup === undefined) {
    throw new Missing(
      `container "${name}" is to have no groups of its image (supplementalGroupsPolicy Strict), but has no runAsGroup: the engine then takes the image's groups, so give it one`,
    );
  }
  if (runAsUser === undefined) return undefined;
  return runAsGroup === undefined ? `${runAsUser}` : `${runAsUser}:${runAsGroup}`;
}

/** A profile by name; the engine's own needs no word. */
function appArmorOf({ appArmorProfile: profile }: Identity): string | undefined {
  if (profile?.type === 'Unconfined') return 'unconfined';
  return profile?.type === 'Localhost' ? profile.localhostProfile : undefined;
}

/** Kubernetes leaves out the kernel's prefix, people often write it. */
const capability = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');
