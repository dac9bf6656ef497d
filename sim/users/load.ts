import type { SimulatedCell } from '../cell.ts';
import type { Recorder } from '../record/recorder.ts';
import { RecordedClient } from './recorded-client.ts';

const REPLICAS = 50;
/** Until masters serve, nobody answers. */
const AGAIN_MS = 2_000;
const NAMESPACE = 'load';

/** Declares so many pods, in deployments, as an administrator who tries until he succeeds. They stay as they are. */
export async function declareLoad(cell: SimulatedCell, recorder: Recorder, pods: number): Promise<void> {
  if (pods === 0) return;
  const client = new RecordedClient('load', cell.client('load', 'load'), recorder);
  const create = async (resource: '/namespaces' | 'apps/deployments', name: string, spec?: object) => {
    const object = { metadata: { name }, ...(spec && { spec }) };
    for (;;) {
      const namespace = spec ? NAMESPACE : '';
      const outcome = await client.call({ verb: 'create', resource, namespace, name, object });
      if (outcome && outcome.code < 500 && outcome.code !== 403) return;
      await new Promise<void>((resolve) => cell.timeline.after(AGAIN_MS, 'load', resolve));
    }
  };
  await create('/namespaces', NAMESPACE);
  for (let made = 0; made < pods; made += REPLICAS) {
    const app = `load-${made / REPLICAS}`;
    await create('apps/deployments', app, deploymentOf(app, Math.min(REPLICAS, pods - made)));
  }
}

const deploymentOf = (app: string, replicas: number) => ({
  replicas,
  selector: { matchLabels: { app } },
  template: {
    metadata: { labels: { app } },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: 'app', image: 'app:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
    },
  },
});
