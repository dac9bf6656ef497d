import type { Agent } from '../agent/main.ts';
import { kubeconfigFile } from './parts.ts';
import type { UpValues } from './settings.ts';

/** How to use the cell that runs: lines to copy. */
export function usageText(values: UpValues, agent: Pick<Agent, 'metricsUrl'> | undefined): string {
  const kubeconfig = kubeconfigFile(values);
  const demo = agent !== undefined && !values.noDemo;
  return [
    '',
    'The cell runs. Use it from another terminal:',
    '',
    `  export KUBECONFIG=${kubeconfig}`,
    '  kubectl get nodes,pods -A',
    '  npx stowctl get pods -A -o wide',
    ...(demo
      ? [
          '  npx stowctl logs job/batch',
          '  npx stowctl scale deployment/web --replicas=5',
          '  npx stowctl describe deployment web',
        ]
      : ['  npx stowctl apply -f deploy/examples']),
    '',
    `Metrics (with the client certificate in the kubeconfig): https://127.0.0.1:${values.port}/metrics (master)`,
    ...(agent?.metricsUrl
      ? [`                                                         ${agent.metricsUrl} (agent)`]
      : []),
    '',
    'Ctrl-C stops the cell and leaves its containers running; the next start adopts them.',
    `To remove containers and state: npx stowctl down --data-dir ${values.dataDir}`,
  ].join('\n');
}
