import { CPU_USAGE, type Metric, OF_CONTAINERS, OF_PODS, STARTED, WORKING_SET } from './container-metrics.ts';
import type { ContainerSample } from './container-samples.ts';
import { type Family, labelText, type Sample } from './exposition.ts';

/** cAdvisor's names, labels and units (Kubernetes, "Metrics For Kubernetes System Components"; cAdvisor, "Monitoring cAdvisor with Prometheus"). */
export function containerFamilies(samples: readonly ContainerSample[]): Family[] {
  const containers = samples.filter(({ container }) => container.role !== 'sandbox');
  const running = containers.filter(({ container }) => container.state === 'running');
  const sandboxes = samples.filter(({ network }) => network !== undefined);
  return [
    ...families(OF_CONTAINERS, running, containerLabels),
    ...families(OF_PODS, sandboxes, podLabels),
    restartsFamily(containers),
  ];
}

function families(
  metrics: readonly Metric[],
  samples: readonly ContainerSample[],
  labelsOf: (sample: ContainerSample) => Record<string, string>,
): Family[] {
  const labelled = samples.map((sample) => ({ sample, labels: labelsOf(sample) }));
  const texts = labelled.map(({ labels }) => labelText(labels));
  return metrics.map(({ name, type, help, of }) => ({
    ...{ name, type, help },
    samples: labelled.flatMap(({ sample, labels }, index): Sample[] => {
      const values = of(sample);
      if (typeof values === 'number') return [{ labels: texts[index] ?? '', value: values }];
      return (values ?? []).map(({ labels: more, value }) => ({ labels: labelText({ ...labels, ...more }), value }));
    }),
  }));
}

const containerLabels = ({ namespace, pod, container, cgroup }: ContainerSample) => ({
  ...{ namespace, pod, container: container.name },
  ...{ id: cgroup ?? '', image: container.image, name: container.id },
});

const podLabels = ({ namespace, pod, container, cgroup }: ContainerSample) => ({
  ...{ namespace, pod, id: cgroup ?? '', image: container.image, name: container.id },
});

/** Of every container there is, by its latest attempt. */
function restartsFamily(containers: readonly ContainerSample[]): Family {
  const latest = new Map<string, number>();
  for (const { namespace, pod, container } of containers) {
    const labels = labelText({ namespace, pod, container: container.name });
    latest.set(labels, Math.max(container.attempt, latest.get(labels) ?? 0));
  }
  const samples = [...latest].map(([labels, value]) => ({ labels, value }));
  return {
    name: 'kube_pod_container_status_restarts_total',
    type: 'counter',
    help: 'How often it was restarted.',
    samples,
  };
}

/** The few of them on which autoscaling is built (Kubernetes, "Metrics For Kubernetes System Components", /metrics/resource). */
export function resourceFamilies(samples: readonly ContainerSample[]): Family[] {
  const running = samples.filter(({ container }) => container.role !== 'sandbox' && container.state === 'running');
  const place = ({ namespace, pod, container }: ContainerSample) => ({ container: container.name, namespace, pod });
  const sums = (name: string, type: Family['type'], help: string, of: Metric['of']): Family => {
    const byPod = new Map<string, number>();
    for (const sample of running) {
      const { namespace, pod } = sample;
      const labels = labelText({ namespace, pod });
      byPod.set(labels, (byPod.get(labels) ?? 0) + Number(of(sample) ?? 0));
    }
    return { name, type, help, samples: [...byPod].map(([labels, value]) => ({ labels, value })) };
  };
  return [
    ...families([CPU_USAGE, WORKING_SET, STARTED], running, place),
    sums('pod_cpu_usage_seconds_total', 'counter', 'CPU time used by the pod, in seconds.', CPU_USAGE.of),
    sums('pod_memory_working_set_bytes', 'gauge', 'Memory of the pod that cannot be taken back.', WORKING_SET.of),
  ];
}
