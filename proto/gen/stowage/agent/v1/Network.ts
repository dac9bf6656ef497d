// Original file: proto/agent.proto

import type { NetworkObject as _stowage_agent_v1_NetworkObject, NetworkObject__Output as _stowage_agent_v1_NetworkObject__Output } from '../../../stowage/agent/v1/NetworkObject.ts';
import type { NetworkName as _stowage_agent_v1_NetworkName, NetworkName__Output as _stowage_agent_v1_NetworkName__Output } from '../../../stowage/agent/v1/NetworkName.ts';

/**
 * What the network of the cell is made of: the same for all agents. A series whose first has `complete` set and which ends with the first
 * that has no `more` lists all of it; what it does not list is not there. Other messages carry changes.
 */
export interface Network {
  'complete'?: (boolean);
  'more'?: (boolean);
  /**
   * The cell's ranges (agent/network/state.ts), in the first of a complete series.
   */
  'settingsJson'?: (string);
  'upserts'?: (_stowage_agent_v1_NetworkObject)[];
  'removals'?: (_stowage_agent_v1_NetworkName)[];
}

/**
 * What the network of the cell is made of: the same for all agents. A series whose first has `complete` set and which ends with the first
 * that has no `more` lists all of it; what it does not list is not there. Other messages carry changes.
 */
export interface Network__Output {
  'complete': (boolean);
  'more': (boolean);
  /**
   * The cell's ranges (agent/network/state.ts), in the first of a complete series.
   */
  'settingsJson': (string);
  'upserts': (_stowage_agent_v1_NetworkObject__Output)[];
  'removals': (_stowage_agent_v1_NetworkName__Output)[];
}
