import { capabilitiesBeyond } from './pod-security-baseline.ts';
import { type Check, containersThat, many, quoted, type Subject, violation } from './pod-security-subject.ts';

/**
 * The level `restricted` (Kubernetes docs, "Pod Security Standards"): what hardened pods say of themselves, on top of `baseline`.
 * A rule with the name of one of `baseline` takes its place, as does the one about volumes.
 */

const VOLUME_TYPES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SECCOMP_TYPES: readonly (string | undefined)[] = ['RuntimeDefault', 'Localhost'];
/** From this version on, pods that say that they are for Windows need not say what only Linux knows. */
const WINDOWS_SINCE = 25;

const isWindows = ({ spec }: Subject, minor: number): boolean => minor >= WINDOWS_SINCE && spec.os?.name === 'windows';

function escalation(subject: Subject, minor: number) {
  if (isWindows(subject, minor)) return undefined;
  const who = containersThat(subject, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  return violation(
    'allowPrivilegeEscalation != false',
    who && `${who} must set securityContext.allowPrivilegeEscalation=false`,
  );
}

function capabilities(subject: Subject, minor: number) {
  if (isWindows(subject, minor)) return undefined;
  const keeping = containersThat(
    subject,
    ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'),
  );
  const details = [
    keeping && `${keeping} must set securityContext.capabilities.drop=["ALL"]`,
    capabilitiesBeyond(subject, ['NET_BIND_SERVICE']),
  ];
  return violation('unrestricted capabilities', details.filter(Boolean).join('; '));
}

function volumes({ spec }: Subject) {
  const odd = (spec.volumes ?? []).flatMap(({ name, ...source }) => {
    const type = Object.keys(source).find((key) => source[key as keyof typeof source] !== undefined) ?? 'unknown';
    return VOLUME_TYPES.includes(type) ? [] : [{ name, type }];
  });
  if (odd.length === 0) return undefined;
  const types = [...new Set(odd.map(({ type }) => type))].sort();
  const who = many(
    'volume',
    odd.map(({ name }) => name),
  );
  const uses = odd.length === 1 ? 'uses' : 'use';
  return violation(
    'restricted volume types',
    `${who} ${uses} restricted volume type${types.length === 1 ? '' : 's'} ${quoted(types)}`,
  );
}

/** Containers that say nothing go by what the pod says. Whoever says it wrong is named first. */
function nonRoot(subject: Subject) {
  const ofPod = subject.spec.securityContext?.runAsNonRoot;
  const wrong = [
    ofPod === false && 'pod',
    containersThat(subject, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  ].filter(Boolean);
  const silent = ofPod
    ? undefined
    : containersThat(subject, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  const details = [
    wrong.length > 0 && `${wrong.join(' and ')} must not set securityContext.runAsNonRoot=false`,
    silent && ofPod === undefined && `pod or ${silent} must set securityContext.runAsNonRoot=true`,
  ].filter(Boolean);
  // A pod that says no matters only to containers that go by it.
  const matters = wrong.length > (ofPod === false ? 1 : 0) || silent !== undefined;
  return violation('runAsNonRoot != true', matters && details.join('; '));
}

function user(subject: Subject) {
  const pod = subject.spec.securityContext?.runAsUser === 0 ? 'pod' : undefined;
  const containers = containersThat(subject, ({ securityContext }) => securityContext?.runAsUser === 0);
  const who = [pod, containers].filter(Boolean).join(' and ');
  return violation('runAsUser=0', who && `${who} must not set runAsUser=0`);
}

function seccomp(subject: Subject, minor: number) {
  if (isWindows(subject, minor)) return undefined;
  const ofPod = subject.spec.securityContext?.seccompProfile?.type;
  const isOdd = (type: string | undefined) => type !== undefined && !SECCOMP_TYPES.includes(type);
  const typeOf = ({ securityContext }: Subject['containers'][number]) => securityContext?.seccompProfile?.type;
  const wrong = [isOdd(ofPod) && 'pod', containersThat(subject, (one) => isOdd(typeOf(one)))].filter(Boolean);
  const silent = ofPod === undefined ? containersThat(subject, (one) => typeOf(one) === undefined) : undefined;
  const details = [
    wrong.length > 0 && `${wrong.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined"`,
    silent && `pod or ${silent} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  ];
  return violation('seccompProfile', details.filter(Boolean).join('; '));
}

export const restrictedChecks: Readonly<Record<string, Check>> = {
  allowPrivilegeEscalation: { since: 8, run: escalation },
  capabilities: { since: 22, run: capabilities },
  hostPathVolumes: { since: 0, run: volumes },
  runAsNonRoot: { since: 0, run: nonRoot },
  runAsUser: { since: 23, run: user },
  seccompProfile: { since: 19, run: seccomp },
};
