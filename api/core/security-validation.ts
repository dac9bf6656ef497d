import type { FieldError } from '../meta/errors.ts';
import { forbiddenField, invalidValue, required } from '../meta/validation.ts';
import { between, each, MAX_INT32, repeated, requiredText } from './checks.ts';
import type { PodSecurityContext, SecurityContext } from './security-context.ts';

/** Security settings of containers and pods. */

interface Profile {
  type: string;
  localhostProfile?: string;
}

function profileFaults(profile: Profile | undefined, path: string, kind: string): FieldError[] {
  if (!profile) return [];
  if (!profile.type)
    return [required(`${path}.type`, 'type is required when seccompProfile or appArmorProfile is set')];
  if (profile.type === 'Localhost')
    return requiredText(
      `${path}.localhostProfile`,
      profile.localhostProfile,
      `must be set when ${kind} type is Localhost`,
    );
  return profile.localhostProfile === undefined
    ? []
    : [
        invalidValue(
          `${path}.localhostProfile`,
          profile.localhostProfile,
          `can only be set when ${kind} type is Localhost`,
        ),
      ];
}

const identityFaults = (
  context: Pick<SecurityContext, 'runAsUser' | 'runAsGroup' | 'seccompProfile' | 'appArmorProfile'>,
  path: string,
): FieldError[] => [
  ...between(`${path}.runAsUser`, context.runAsUser, 0, MAX_INT32),
  ...between(`${path}.runAsGroup`, context.runAsGroup, 0, MAX_INT32),
  ...profileFaults(context.seccompProfile, `${path}.seccompProfile`, 'seccomp'),
  ...profileFaults(context.appArmorProfile, `${path}.appArmorProfile`, 'AppArmor'),
];

export function validateSecurityContext(context: SecurityContext | undefined, path: string): FieldError[] {
  if (!context) return [];
  const errors = identityFaults(context, path);
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged)
      errors.push(
        invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
      );
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN'))
      errors.push(
        invalidValue(
          path,
          context,
          'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
        ),
      );
  }
  return errors;
}

const SYSCTL = /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/;

function sysctlFaults(context: PodSecurityContext, path: string): FieldError[] {
  return [
    ...each(context.sysctls, path, (sysctl, at) => {
      if (!sysctl.name) return [required(`${at}.name`)];
      if (sysctl.name.length <= 253 && SYSCTL.test(sysctl.name)) return [];
      return [
        invalidValue(
          `${at}.name`,
          sysctl.name,
          'must have at most 253 characters and match a sysctl name, such as net.core.somaxconn',
        ),
      ];
    }),
    ...repeated(context.sysctls ?? [], (sysctl) => sysctl.name).map(([sysctl, index]) =>
      forbiddenField(`${path}[${index}].name`, `sysctl ${sysctl.name} is set more than once`),
    ),
  ];
}

export function validatePodSecurityContext(context: PodSecurityContext | undefined, path: string): FieldError[] {
  if (!context) return [];
  return [
    ...identityFaults(context, path),
    ...between(`${path}.fsGroup`, context.fsGroup, 0, MAX_INT32),
    ...each(context.supplementalGroups, `${path}.supplementalGroups`, (group, at) => between(at, group, 0, MAX_INT32)),
    ...sysctlFaults(context, `${path}.sysctls`),
  ];
}
