import type { Pod } from '../../api/core/pod.ts';
import { TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import type { Site } from './site.ts';

/** Says who asks, and who answers. */
const SERVE =
  'mkdir -p /tmp/cgi-bin; /bin/busybox printf \'#!/bin/sh\\necho -e "Content-Type: text/plain\\\\r\\\\n\\\\r"; echo "$REMOTE_ADDR $HOSTNAME"\\n\' > /tmp/cgi-bin/who; /bin/busybox chmod 755 /tmp/cgi-bin/who; exec httpd -f -p 8080 -h /tmp';

export const CONTAINER = {
  name: 'main',
  image: TEST_IMAGE,
  command: ['sh', '-c', SERVE],
  env: [{ name: 'HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  ports: [{ containerPort: 8080, name: 'http' }],
};

/** A pod on that node that answers at port 8080, `/cgi-bin/who`. */
export const podOn = (name: string, nodeName: string, labels: Record<string, string>, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { nodeName, terminationGracePeriodSeconds: 0, containers: [CONTAINER], ...more },
});

/** Waits until that many pods are ready; gives their addresses. */
export async function addressesOf(site: Site, count: number, ...more: string[]): Promise<Map<string, string>> {
  return eventually(
    `${count} pods to be ready`,
    async () => {
      const { items } = await site.kubectl.json<{ items: Pod[] }>(['get', 'pods', ...more]);
      const ready = items.filter(({ status }) => status?.containerStatuses?.[0]?.ready);
      const ips = ready.map(({ metadata, status }): [string, string] => [metadata?.name ?? '', status?.podIP ?? '']);
      return ready.length === count && new Map(ips);
    },
    90_000,
  );
}

/** What a pod gets from `HOST[:PORT]`: the client's address and the pod that answers, or why there is no answer. */
export async function who(site: Site, from: string, to: string): Promise<string> {
  const line = `/bin/busybox timeout 1 wget -q -O - http://${to}/cgi-bin/who`;
  const { stdout, stderr } = await site.inPod(from, line);
  return stdout.trim().replace(/^\[::ffff:(.*)\]/, '$1') || stderr.trim();
}
