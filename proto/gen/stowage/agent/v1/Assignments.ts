// Original file: proto/agent.proto

import type { Upsert as _stowage_agent_v1_Upsert, Upsert__Output as _stowage_agent_v1_Upsert__Output } from '../../../stowage/agent/v1/Upsert.ts';
import type { Removal as _stowage_agent_v1_Removal, Removal__Output as _stowage_agent_v1_Removal__Output } from '../../../stowage/agent/v1/Removal.ts';

/**
 * What an agent should run. The first after welcome has `complete` set and lists all; what it does not list is not wanted.
 * Later ones carry changes. Objects are the API's JSON, serialised once.
 */
export interface Assignments {
  'complete'?: (boolean);
  'upserts'?: (_stowage_agent_v1_Upsert)[];
  'removals'?: (_stowage_agent_v1_Removal)[];
}

/**
 * What an agent should run. The first after welcome has `complete` set and lists all; what it does not list is not wanted.
 * Later ones carry changes. Objects are the API's JSON, serialised once.
 */
export interface Assignments__Output {
  'complete': (boolean);
  'upserts': (_stowage_agent_v1_Upsert__Output)[];
  'removals': (_stowage_agent_v1_Removal__Output)[];
}
