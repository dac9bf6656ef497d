import { EVERY_CONTROLLER, parseControllerList } from '../master/controllers/selection.ts';
import type { MasterParts } from '../master/main.ts';
import { BadValue, type Setting, toggle, type Values } from './config.ts';

/** Which parts of a master run: the others may be somebody else's, who works through the API. */

const controllers: Setting<string> = {
  name: 'controllers',
  placeholder: 'list',
  description: 'controllers that run, separated by commas: * for all, NAME for one, -NAME for all but this; or none',
  fallback: '*',
  read: (value) => {
    const fault = parseControllerList(value).fault;
    if (fault) throw new BadValue(fault);
    return value;
  },
};

export const partsSettings = {
  controllers,
  noScheduler: toggle({ name: 'no-scheduler', description: 'place no pods: another scheduler does' }),
  noAgents: toggle({ name: 'no-agents', description: 'take no agents: nodes are kept by others through the API' }),
};

export const partsOf = ({ controllers, noScheduler, noAgents }: Values<typeof partsSettings>): MasterParts => ({
  controllers: parseControllerList(controllers).list ?? EVERY_CONTROLLER,
  scheduler: !noScheduler,
  agents: !noAgents,
});
