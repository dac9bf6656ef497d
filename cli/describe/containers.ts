import type { Container, PodSpec, PodStatus } from '../../api/core/pod.ts';
import { dateText, field, quantities, type Row, row, section } from './rows.ts';

type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
type ContainerState = ContainerStatus['state'];
type Volume = NonNullable<PodSpec['volumes']>[number];
type Probe = NonNullable<Container['livenessProbe']>;

/** One block per container. `statuses` is absent for a template. */
export function containerRows(
  level: number,
  title: string,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
): Row[] {
  const blocks = containers.flatMap((container) => {
    const status = statuses?.find((each) => each.name === container.name);
    // A template's containers stand one column further in, as kubectl prints them.
    const name = `${level === 0 ? '  ' : '   '}${container.name}:`;
    return [[name], ...containerBlock(2, container, status)];
  });
  return [row(level, `${title}:`), ...blocks];
}

function containerBlock(level: number, container: Container, status: ContainerStatus | undefined): Row[] {
  const ports = (container.ports ?? []).map((port) => portText(port, port.containerPort));
  const hostPorts = (container.ports ?? []).map((port) => portText(port, port.hostPort ?? 0));
  return [
    ...(status ? [row(level, 'Container ID:', status.containerID ?? '')] : []),
    row(level, 'Image:', container.image ?? ''),
    ...(status ? [row(level, 'Image ID:', status.imageID ?? '')] : []),
    field(level, ports.length > 1 ? 'Ports' : 'Port', ports.join(', ')),
    field(level, ports.length > 1 ? 'Host Ports' : 'Host Port', hostPorts.join(', ')),
    ...words(level, 'Command', container.command),
    ...words(level, 'Args', container.args),
    ...(status ? stateRows(level, status) : []),
    ...quantities(level, 'Limits', container.resources?.limits),
    ...quantities(level, 'Requests', container.resources?.requests),
    ...probeRows(level, container),
    ...environment(level, container),
    ...mountRows(level, container),
  ];
}

type ContainerPort = NonNullable<Container['ports']>[number];
const portText = ({ protocol, name }: ContainerPort, number: number) =>
  `${number}/${protocol ?? 'TCP'}${name ? ` (${name})` : ''}`;

const words = (level: number, name: string, values: readonly string[] | undefined): Row[] =>
  values?.length
    ? [row(level, `${name}:`), ...values.flatMap((value) => value.split('\n')).map((line) => row(level + 1, line))]
    : [];

function stateRows(level: number, status: ContainerStatus): Row[] {
  return [
    ...oneState(level, 'State', status.state),
    ...(status.lastState?.terminated ? oneState(level, 'Last State', status.lastState) : []),
    field(level, 'Ready', status.ready ? 'True' : 'False'),
    field(level, 'Restart Count', status.restartCount),
  ];
}

function oneState(level: number, name: string, state: ContainerState): Row[] {
  if (state?.running) {
    return [field(level, name, 'Running'), field(level + 1, 'Started', dateText(state.running.startedAt))];
  }
  if (state?.terminated) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    return [
      field(level, name, 'Terminated'),
      ...(reason ? [field(level + 1, 'Reason', reason)] : []),
      ...(message ? [field(level + 1, 'Message', message)] : []),
      field(level + 1, 'Exit Code', exitCode),
      ...(signal ? [field(level + 1, 'Signal', signal)] : []),
      field(level + 1, 'Started', dateText(startedAt)),
      field(level + 1, 'Finished', dateText(finishedAt)),
    ];
  }
  const reason = state?.waiting?.reason;
  return [field(level, name, 'Waiting'), ...(reason ? [field(level + 1, 'Reason', reason)] : [])];
}

function probeRows(level: number, container: Container): Row[] {
  const named: [string, Probe | undefined][] = [
    ['Liveness', container.livenessProbe],
    ['Readiness', container.readinessProbe],
    ['Startup', container.startupProbe],
  ];
  return named.flatMap(([name, probe]) => (probe ? [field(level, name, probeText(probe))] : []));
}

function probeText(probe: Probe): string {
  const timing = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 1}s period=${probe.periodSeconds ?? 10}s #success=${probe.successThreshold ?? 1} #failure=${probe.failureThreshold ?? 3}`;
  return `${actionText(probe)} ${timing}`;
}

function actionText(probe: Probe): string {
  if (probe.exec) return `exec [${(probe.exec.command ?? []).join(' ')}]`;
  if (probe.httpGet) {
    const { scheme, host, port, path } = probe.httpGet;
    return `http-get ${(scheme ?? 'HTTP').toLowerCase()}://${host ?? ''}:${port}${path ?? ''}`;
  }
  if (probe.tcpSocket) return `tcp-socket ${probe.tcpSocket.host ?? ''}:${probe.tcpSocket.port}`;
  return probe.grpc ? `grpc <pod>:${probe.grpc.port} ${probe.grpc.service ?? ''}` : 'unknown';
}

function environment(level: number, container: Container): Row[] {
  const from = (container.envFrom ?? []).map(({ configMapRef, secretRef, prefix }) => {
    const [name, kind, source] = configMapRef
      ? [configMapRef.name, 'ConfigMap', configMapRef]
      : [secretRef?.name, 'Secret', secretRef];
    const withPrefix = prefix ? ` with prefix '${prefix}'` : '';
    return row(level + 1, name ?? '', `${kind}${withPrefix}`, `Optional: ${source?.optional ?? false}`);
  });
  const rows = (container.env ?? []).map(({ name, value, valueFrom }) =>
    row(level + 1, `${name}:`, valueFrom ? valueFromText(valueFrom) : (value ?? '')),
  );
  const fromRows = from.length > 0 ? [row(level, 'Environment Variables from:'), ...from] : [];
  return [...fromRows, ...section(level, 'Environment', rows)];
}

type EnvVarSource = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

function valueFromText(source: EnvVarSource): string {
  if (source.fieldRef) return `(${source.fieldRef.apiVersion ?? 'v1'}:${source.fieldRef.fieldPath})`;
  if (source.resourceFieldRef) return `(${source.resourceFieldRef.resource})`;
  const [reference, kind] = source.configMapKeyRef
    ? [source.configMapKeyRef, 'config map']
    : [source.secretKeyRef, 'secret'];
  if (!reference) return '';
  return `<set to the key '${reference.key}' of ${kind} '${reference.name}'>  Optional: ${reference.optional ?? false}`;
}

function mountRows(level: number, { volumeMounts = [] }: Container): Row[] {
  if (volumeMounts.length === 0) return [row(level, 'Mounts:', '<none>')];
  const sorted = volumeMounts.toSorted((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  return [row(level, 'Mounts:'), ...sorted.map((mount) => row(level + 1, mountText(mount)))];
}

type Mount = NonNullable<Container['volumeMounts']>[number];
const mountText = (mount: Mount) =>
  `${mount.mountPath} from ${mount.name} (${mount.readOnly ? 'ro' : 'rw'}${mount.subPath ? `,path="${mount.subPath}"` : ''})`;

/** The volumes of a pod or template. */
export function volumeRows(level: number, volumes: readonly Volume[] | undefined): Row[] {
  const blocks = (volumes ?? []).flatMap((volume) => [
    row(level + 1, `${volume.name}:`),
    ...volumeBlock(level + 2, volume),
  ]);
  return section(level, 'Volumes', blocks);
}

function volumeBlock(level: number, volume: Volume): Row[] {
  if (volume.emptyDir) {
    return [
      field(level, 'Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"),
      row(level, 'Medium:', volume.emptyDir.medium ?? ''),
      field(level, 'SizeLimit', volume.emptyDir.sizeLimit ?? '<unset>'),
    ];
  }
  if (volume.hostPath) {
    return [
      field(level, 'Type', 'HostPath (bare host directory volume)'),
      field(level, 'Path', volume.hostPath.path),
      row(level, 'HostPathType:', volume.hostPath.type ?? ''),
    ];
  }
  if (volume.configMap) {
    return [
      field(level, 'Type', 'ConfigMap (a volume populated by a ConfigMap)'),
      field(level, 'Name', volume.configMap.name),
      field(level, 'Optional', volume.configMap.optional ?? false),
    ];
  }
  if (volume.secret) {
    return [
      field(level, 'Type', 'Secret (a volume populated by a Secret)'),
      field(level, 'SecretName', volume.secret.secretName),
      field(level, 'Optional', volume.secret.optional ?? false),
    ];
  }
  if (volume.projected) {
    const type = field(level, 'Type', 'Projected (a volume that contains injected data from multiple sources)');
    return [type, ...(volume.projected.sources ?? []).flatMap((source) => projectedRows(level, source))];
  }
  if (volume.downwardAPI) {
    const items = (volume.downwardAPI.items ?? []).map(({ path, fieldRef, resourceFieldRef }) =>
      row(level + 1, `${fieldRef?.fieldPath ?? resourceFieldRef?.resource} -> ${path}`),
    );
    const type = field(level, 'Type', 'DownwardAPI (a volume populated by information about the pod)');
    return [type, row(level, 'Items:'), ...items];
  }
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  return [field(level, 'Type', type)];
}

type Projected = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

function projectedRows(level: number, { secret, configMap, serviceAccountToken, downwardAPI }: Projected): Row[] {
  if (secret) return [field(level, 'SecretName', secret.name), field(level, 'Optional', secret.optional ?? false)];
  if (downwardAPI) return [field(level, 'DownwardAPI', true)];
  if (configMap)
    return [field(level, 'ConfigMapName', configMap.name), field(level, 'Optional', configMap.optional ?? false)];
  return serviceAccountToken
    ? [field(level, 'TokenExpirationSeconds', serviceAccountToken.expirationSeconds ?? '<nil>')]
    : [];
}
