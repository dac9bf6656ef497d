import type { Clock } from '../platform/clock.ts';
import type { Registry } from '../platform/metrics.ts';
import type { LocalPart } from './local-part.ts';
import { expositionText } from './metrics/exposition.ts';
import { machineUsage } from './metrics/machine-usage.ts';
import { metricsPages, type Page } from './metrics/pages.ts';
import type { NodeReporter } from './node-reporter.ts';
import { probeFamilies } from './probes/probe-metrics.ts';
import type { ContainerRuntime } from './runtime.ts';

export interface PagesParts {
  /** Undefined until the cell's id is known. */
  readonly local: () => LocalPart | undefined;
  readonly node: NodeReporter;
  readonly runtime: ContainerRuntime;
  /** Of the proxy for ingresses. */
  readonly ingress: Page;
  readonly clock: Clock;
}

/** What an agent's metrics server serves, by path: of itself, of its containers and machine, of its probes. */
export function agentPages({ local, node, runtime, ingress, clock }: PagesParts): Readonly<Record<string, Page>> {
  let registry: Promise<Registry> | undefined;
  const pages = metricsPages({
    own: async () => {
      // Loaded, and watching the process, not before somebody wants to know.
      registry ??= import('./own-metrics.ts').then(({ ownMetrics }) => ownMetrics(() => local()?.pods.count ?? 0));
      return await (await registry).metrics();
    },
    store: () => local()?.store,
    runtime,
    machine: () => ({
      ...{ cpus: node.cpus, memoryBytes: node.memoryBytes },
      use: machineUsage(node.memoryBytes),
    }),
    clock,
  });
  const probes = async () => expositionText(probeFamilies(local()?.probes.tallies() ?? []));
  return { ...pages, '/metrics/probes': probes, '/metrics/ingress': ingress };
}
