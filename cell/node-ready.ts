import type { Node } from '../api/core/node.ts';
import type { Session } from '../cli/session.ts';
import { watch } from '../client/watching.ts';

const isReady = (node: Node) =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** Resolves once the API says that the node is Ready; returns false when the session's signal aborts first. */
export async function nodeReady({ client, signal }: Session, name: string): Promise<boolean> {
  const fieldSelector = `metadata.name=${name}`;
  while (!signal.aborted) {
    const list = await client.get<{ items?: Node[]; metadata?: { resourceVersion?: string } }>('/api/v1/nodes', {
      query: { fieldSelector },
    });
    if (list.items?.some(isReady)) return true;
    const resourceVersion = list.metadata?.resourceVersion;
    for await (const event of watch<Node>(client, '/api/v1/nodes', {
      query: { fieldSelector, resourceVersion },
      signal,
    })) {
      if (isReady(event.object)) return true;
    }
  }
  return false;
}
