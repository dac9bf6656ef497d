import { boolean, int64, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';

/** What the processes of a pod may do ("Configure a Security Context for a Pod or Container"). */

const PROFILE_TYPES = ['RuntimeDefault', 'Unconfined', 'Localhost'] as const;

export const SELinuxOptionsSchema = struct('io.k8s.api.core.v1.SELinuxOptions', 'SELinux label of a process.', {
  level: optional(string('SELinux level.')),
  role: optional(string('SELinux role.')),
  type: optional(string('SELinux type.')),
  user: optional(string('SELinux user.')),
});

export const SeccompProfileSchema = struct('io.k8s.api.core.v1.SeccompProfile', 'Filter of system calls.', {
  localhostProfile: optional(string('File on the machine, for type Localhost.')),
  type: oneOf('RuntimeDefault, Unconfined or Localhost.', PROFILE_TYPES),
});

export const AppArmorProfileSchema = struct('io.k8s.api.core.v1.AppArmorProfile', 'AppArmor profile of a process.', {
  localhostProfile: optional(string('Profile loaded on the machine, for type Localhost.')),
  type: oneOf('RuntimeDefault, Unconfined or Localhost.', PROFILE_TYPES),
});

export const WindowsSecurityContextOptionsSchema = struct(
  'io.k8s.api.core.v1.WindowsSecurityContextOptions',
  'Windows-only settings; kept, not used.',
  {
    gmsaCredentialSpec: optional(string('GMSA credential spec.')),
    gmsaCredentialSpecName: optional(string('Name of the GMSA credential spec.')),
    hostProcess: optional(boolean('Whether to run as a host process.')),
    runAsUserName: optional(string('User to run as.')),
  },
);

export const CapabilitiesSchema = struct('io.k8s.api.core.v1.Capabilities', 'Linux capabilities to add and drop.', {
  add: optional(list(string('A capability.'), 'Capabilities to add.')),
  drop: optional(list(string('A capability.'), 'Capabilities to drop.')),
});

export const SecurityContextSchema = struct(
  'io.k8s.api.core.v1.SecurityContext',
  'Security settings of one container; they win over those of the pod.',
  {
    allowPrivilegeEscalation: optional(boolean('Whether a process may gain more rights than its parent.')),
    appArmorProfile: optional(AppArmorProfileSchema),
    capabilities: optional(CapabilitiesSchema),
    privileged: optional(boolean('Whether the container has nearly all rights of the machine; default false.')),
    procMount: optional(oneOf('How /proc is mounted: Default or Unmasked.', ['Default', 'Unmasked'])),
    readOnlyRootFilesystem: optional(boolean('Whether the root file system is read-only; default false.')),
    runAsGroup: optional(int64('Group id of the first process.')),
    runAsNonRoot: optional(boolean('Refuse to start as user 0.')),
    runAsUser: optional(int64('User id of the first process; default the one of the image.')),
    seLinuxOptions: optional(SELinuxOptionsSchema),
    seccompProfile: optional(SeccompProfileSchema),
    windowsOptions: optional(WindowsSecurityContextOptionsSchema),
  },
);
export type SecurityContext = Static<typeof SecurityContextSchema>;

export const SysctlSchema = struct('io.k8s.api.core.v1.Sysctl', 'A kernel parameter of the pod.', {
  name: string('Name of the parameter.'),
  value: string('Value of the parameter.'),
});

export const PodSecurityContextSchema = struct(
  'io.k8s.api.core.v1.PodSecurityContext',
  'Security settings shared by the containers of a pod.',
  {
    appArmorProfile: optional(AppArmorProfileSchema),
    fsGroup: optional(int64('Group that owns the volumes.')),
    fsGroupChangePolicy: optional(
      oneOf('When the owner of volumes is changed: OnRootMismatch or Always.', ['OnRootMismatch', 'Always']),
    ),
    runAsGroup: optional(int64('Group id of the first process.')),
    runAsNonRoot: optional(boolean('Refuse to start as user 0.')),
    runAsUser: optional(int64('User id of the first process; default the one of the image.')),
    seLinuxChangePolicy: optional(string('How SELinux labels are put on volumes: MountOption or Recursive.')),
    seLinuxOptions: optional(SELinuxOptionsSchema),
    seccompProfile: optional(SeccompProfileSchema),
    supplementalGroups: optional(list(int64('A group id.'), 'Further groups of the first process.')),
    supplementalGroupsPolicy: optional(
      oneOf('Whether groups of the image count: Merge (default) or Strict.', ['Merge', 'Strict']),
    ),
    sysctls: optional(list(SysctlSchema, 'Kernel parameters set for the pod.')),
    windowsOptions: optional(WindowsSecurityContextOptionsSchema),
  },
);
export type PodSecurityContext = Static<typeof PodSecurityContextSchema>;
