import { unavailable } from '../../api/meta/errors.ts';
import type { AgentServer } from './server.ts';

/** In place of the agents' server where a master takes no agents: nobody gets in, and nobody is found. */
export const noAgents: Omit<AgentServer, 'usage'> & { readonly usage?: undefined } = {
  async open(nodeName) {
    throw unavailable(`this master takes no agents (--no-agents), so nothing can be asked of node ${nodeName}`);
  },
  accept: (socket) => void socket.destroy(),
  start: async () => undefined,
  stop: async () => undefined,
};
