import { expect, test } from 'vitest';
import { apiVersionOf } from './meta/definition.ts';
import { resources } from './registry.ts';

/** What `kubectl get -o wide` prints of each kind: columns that are shown always, then a bar, then those of `-o wide`. */
const PRINTED: Readonly<Record<string, string>> = {
  'v1/ConfigMap': 'Name Data Age',
  'v1/Event': 'Last-Seen Type Reason Object Message | Subobject Source First-Seen Count Name',
  'v1/Namespace': 'Name Status Age',
  'v1/Node': 'Name Status Roles Age Version | Internal-IP External-IP OS-Image Kernel-Version Container-Runtime',
  'v1/PersistentVolume':
    'Name Capacity Access-Modes Reclaim-Policy Status Claim StorageClass VolumeAttributesClass Reason Age | VolumeMode',
  'v1/PersistentVolumeClaim':
    'Name Status Volume Capacity Access-Modes StorageClass VolumeAttributesClass Age | VolumeMode',
  'v1/Pod': 'Name Ready Status Restarts Age | IP Node Nominated-Node Readiness-Gates',
  'v1/PodTemplate': 'Name Containers Images Pod-Labels',
  'v1/ReplicationController': 'Name Desired Current Ready Age | Containers Images Selector',
  'v1/Secret': 'Name Type Data Age',
  'v1/Service': 'Name Type Cluster-IP External-IP Port(s) Age | Selector',
  'v1/ServiceAccount': 'Name Secrets Age',
  'apps/v1/ControllerRevision': 'Name Controller Revision Age',
  'apps/v1/DaemonSet': 'Name Desired Current Ready Up-to-date Available Node-Selector Age | Containers Images Selector',
  'apps/v1/Deployment': 'Name Ready Up-to-date Available Age | Containers Images Selector',
  'apps/v1/ReplicaSet': 'Name Desired Current Ready Age | Containers Images Selector',
  'apps/v1/StatefulSet': 'Name Ready Age | Containers Images',
  'autoscaling/v1/HorizontalPodAutoscaler': 'Name Reference Targets MinPods MaxPods Replicas Age',
  'autoscaling/v2/HorizontalPodAutoscaler': 'Name Reference Targets MinPods MaxPods Replicas Age',
  'batch/v1/CronJob': 'Name Schedule Timezone Suspend Active Last-Schedule Age | Containers Images Selector',
  'batch/v1/Job': 'Name Status Completions Duration Age | Containers Images Selector',
  'coordination.k8s.io/v1/Lease': 'Name Holder Age',
  'policy/v1/PodDisruptionBudget': 'Name Min-Available Max-Unavailable Allowed-Disruptions Age',
  'scheduling.k8s.io/v1/PriorityClass': 'Name Value Global-Default Age PreemptionPolicy',
  'storage.k8s.io/v1/CSIDriver':
    'Name AttachRequired PodInfoOnMount StorageCapacity TokenRequests RequiresRepublish Modes Age',
  'storage.k8s.io/v1/CSINode': 'Name Drivers Age',
  'storage.k8s.io/v1/CSIStorageCapacity': 'Name StorageClassName Capacity',
  'storage.k8s.io/v1/StorageClass': 'Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age',
  'storage.k8s.io/v1/VolumeAttachment': 'Name Attacher PV Node Attached Age',
};

/** Columns whose cells are not text, where text would do as well. */
const TYPED: Readonly<Record<string, string>> = {
  boolean: 'AttachRequired PodInfoOnMount StorageCapacity RequiresRepublish Attached Global-Default Suspend',
  integer: 'Value Desired Current Ready Up-to-date Available Active Allowed-Disruptions Drivers',
};

/** Said to be no text, and yet `True` or `False` is what Kubernetes puts there. */
const WORDED: readonly string[] = ['batch/v1/CronJob Suspend'];

const kinds = resources.map((resource) => [`${apiVersionOf(resource)}/${resource.kind}`, resource] as const);
const known = kinds.filter(([name]) => Object.hasOwn(PRINTED, name));

test('every kind of the table is served', () => {
  expect(known.map(([name]) => name).sort()).toEqual(Object.keys(PRINTED).sort());
});

test.each(known)('%s prints what kubectl shows of it elsewhere', (name, { columns }) => {
  const names = (priority: number) =>
    columns
      .filter((column) => (column.priority ?? 0) === priority)
      .map((column) => column.name.replaceAll(' ', '-'))
      .join(' ');
  const wide = names(1);
  expect(wide ? `${names(0)} | ${wide}` : names(0)).toBe(PRINTED[name]);
  for (const column of columns) {
    if (column.type === 'string') continue;
    expect(TYPED[column.type]?.split(' ')).toContain(column.name.replaceAll(' ', '-'));
    const isWord = WORDED.includes(`${name} ${column.name}`);
    const type = column.type === 'integer' ? 'number' : isWord ? 'string' : column.type;
    expect(typeof column.value({ metadata: {} }, 0)).toBe(type);
  }
});
