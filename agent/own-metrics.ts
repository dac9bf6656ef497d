import { collectProcessMetrics, Gauge, Registry } from '../platform/metrics.ts';

/** What an agent tells of its own process, and how many pods it takes care of. */
export function ownMetrics(pods: () => number): Registry {
  const registry = new Registry();
  collectProcessMetrics(registry);
  new Gauge({
    name: 'stowage_agent_pods',
    help: 'Pods this agent takes care of.',
    registers: [registry],
    collect() {
      this.set(pods());
    },
  });
  return registry;
}
