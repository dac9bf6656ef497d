import type { Probe } from '../../../api/core/probe.ts';
import { type Check, containersThat, many, quoted, type Subject, violation, whoSets } from './pod-security-subject.ts';

/**
 * The level `baseline` (Kubernetes docs, "Pod Security Standards"): forbids the known ways out of a container. Each rule by the name
 * that Kubernetes gives it; violations are told in the order of these names.
 */

export const BASELINE_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

/** Kernel parameters that stay within the pod, and the version from which each is taken for safe. */
const SAFE_SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};

const SELINUX_TYPES: Readonly<Record<string, number>> = {
  '': 0,
  container_init_t: 0,
  container_kvm_t: 0,
  container_t: 0,
  container_engine_t: 31,
};

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';
const isAppArmorSafe = (profile: string): boolean =>
  profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/');

/** Whether a table of versions has the key, by that version. */
const isSafe = (table: Readonly<Record<string, number>>, key: string, minor: number): boolean =>
  Object.hasOwn(table, key) && (table[key] ?? 0) <= minor;

/** Whether other capabilities than these are added. */
export const capabilitiesBeyond = (subject: Subject, allowed: readonly string[]) => {
  const odd = subject.containers.map(({ name, securityContext }) => ({
    name,
    added: (securityContext?.capabilities?.add ?? []).filter((capability) => !allowed.includes(capability)),
  }));
  const found = odd.filter(({ added }) => added.length > 0);
  return found.length === 0
    ? undefined
    : `${many(
        'container',
        found.map(({ name }) => name),
      )} must not include ${quoted(found.flatMap(({ added }) => added).sort())} in securityContext.capabilities.add`;
};

function appArmor(subject: Subject) {
  const setters = whoSets(subject, ({ appArmorProfile }) => appArmorProfile?.type === 'Unconfined');
  const annotations = Object.entries(subject.annotations).filter(
    ([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !isAppArmorSafe(value),
  );
  const details = [
    setters && `${setters} must not set AppArmor profile type to "Unconfined"`,
    annotations.length > 0 &&
      `${annotations.length === 1 ? 'annotation' : 'annotations'} ${annotations
        .map(([key, value]) => `"${key}"="${value}"`)
        .sort()
        .join(', ')}`,
  ];
  return violation(
    annotations.length + (setters ? 1 : 0) > 1 ? 'forbidden AppArmor profiles' : 'forbidden AppArmor profile',
    details.filter(Boolean).join('; '),
  );
}

function hostNamespaces({ spec }: Subject) {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
  return violation('host namespaces', used.map((field) => `${field}=true`).join(', '));
}

function hostPorts(subject: Subject) {
  const found = subject.containers.flatMap(({ name, ports = [] }) =>
    ports.flatMap(({ hostPort }) => (hostPort ? [{ name, hostPort }] : [])),
  );
  if (found.length === 0) return undefined;
  const names = many('container', [...new Set(found.map(({ name }) => name))]);
  const numbers = [...new Set(found.map(({ hostPort }) => hostPort))].sort((a, b) => a - b);
  const uses = names.startsWith('containers') ? 'use' : 'uses';
  return violation('hostPort', `${names} ${uses} hostPort${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}`);
}

/** Other hosts that probes and hooks would be sent to, from where the agent stands. */
function hostProbes(subject: Subject) {
  const reaches = (action: Probe | undefined) => !!(action?.httpGet?.host || action?.tcpSocket?.host);
  const who = containersThat(subject, ({ livenessProbe, readinessProbe, startupProbe, lifecycle }) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart as Probe, lifecycle?.preStop as Probe].some(
      reaches,
    ),
  );
  return violation('probe or lifecycle host', who && `${who} must not set host in probes or lifecycle hooks`);
}

function hostPaths({ spec }: Subject) {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  return violation('hostPath volumes', names.length > 0 && many('volume', names));
}

function seLinux(subject: Subject, minor: number) {
  const all = [subject.spec.securityContext, ...subject.containers.map(({ securityContext }) => securityContext)];
  const options = all.flatMap((context) => context?.seLinuxOptions ?? []);
  const types = options.map(({ type = '' }) => type).filter((type) => !isSafe(SELINUX_TYPES, type, minor));
  const who = whoSets(subject, ({ seLinuxOptions: set }) =>
    Boolean(set && (!isSafe(SELINUX_TYPES, set.type ?? '', minor) || set.user || set.role)),
  );
  const details = [
    types.length > 0 && `type${types.length === 1 ? '' : 's'} ${quoted(types.sort())}`,
    options.some(({ user }) => user) && 'user may not be set',
    options.some(({ role }) => role) && 'role may not be set',
  ];
  return violation(
    'seLinuxOptions',
    who && `${who} set forbidden securityContext.seLinuxOptions: ${details.filter(Boolean).join('; ')}`,
  );
}

function sysctls({ spec }: Subject, minor: number) {
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
  return violation('forbidden sysctls', names.filter((name) => !isSafe(SAFE_SYSCTLS, name, minor)).join(', '));
}

const must = (who: string | undefined, what: string) => who && `${who} must not set ${what}`;

export const baselineChecks: Readonly<Record<string, Check>> = {
  appArmorProfile: { since: 0, run: appArmor },
  capabilities: {
    since: 0,
    run: (subject) => violation('non-default capabilities', capabilitiesBeyond(subject, BASELINE_CAPABILITIES)),
  },
  hostNamespaces: { since: 0, run: hostNamespaces },
  hostPathVolumes: { since: 0, run: hostPaths },
  hostPorts: { since: 0, run: hostPorts },
  hostProbesAndHostLifecycle: { since: 34, run: hostProbes },
  privileged: {
    since: 0,
    run: (subject) =>
      violation(
        'privileged',
        must(
          containersThat(subject, ({ securityContext }) => securityContext?.privileged === true),
          'securityContext.privileged=true',
        ),
      ),
  },
  procMount: {
    since: 0,
    run: (subject) =>
      violation(
        'procMount',
        must(
          containersThat(subject, ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default'),
          'securityContext.procMount to "Unmasked"',
        ),
      ),
  },
  seLinuxOptions: { since: 0, run: seLinux },
  seccompProfile: {
    since: 19,
    run: (subject) =>
      violation(
        'seccompProfile',
        must(
          whoSets(subject, ({ seccompProfile }) => seccompProfile?.type === 'Unconfined'),
          'securityContext.seccompProfile.type to "Unconfined"',
        ),
      ),
  },
  sysctls: { since: 0, run: sysctls },
  windowsHostProcess: {
    since: 0,
    run: (subject) =>
      violation(
        'hostProcess',
        must(
          whoSets(subject, ({ windowsOptions }) => windowsOptions?.hostProcess === true),
          'securityContext.windowsOptions.hostProcess=true',
        ),
      ),
  },
};
