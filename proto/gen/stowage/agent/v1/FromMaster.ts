// Original file: proto/agent.proto

import type { Welcome as _stowage_agent_v1_Welcome, Welcome__Output as _stowage_agent_v1_Welcome__Output } from '../../../stowage/agent/v1/Welcome.ts';
import type { Assignments as _stowage_agent_v1_Assignments, Assignments__Output as _stowage_agent_v1_Assignments__Output } from '../../../stowage/agent/v1/Assignments.ts';
import type { OpenTunnel as _stowage_agent_v1_OpenTunnel, OpenTunnel__Output as _stowage_agent_v1_OpenTunnel__Output } from '../../../stowage/agent/v1/OpenTunnel.ts';
import type { Refused as _stowage_agent_v1_Refused, Refused__Output as _stowage_agent_v1_Refused__Output } from '../../../stowage/agent/v1/Refused.ts';
import type { CloseTunnel as _stowage_agent_v1_CloseTunnel, CloseTunnel__Output as _stowage_agent_v1_CloseTunnel__Output } from '../../../stowage/agent/v1/CloseTunnel.ts';
import type { Network as _stowage_agent_v1_Network, Network__Output as _stowage_agent_v1_Network__Output } from '../../../stowage/agent/v1/Network.ts';
import type { MasterList as _stowage_agent_v1_MasterList, MasterList__Output as _stowage_agent_v1_MasterList__Output } from '../../../stowage/agent/v1/MasterList.ts';

export interface FromMaster {
  /**
   * answers hello
   */
  'welcome'?: (_stowage_agent_v1_Welcome | null);
  'assignments'?: (_stowage_agent_v1_Assignments | null);
  'openTunnel'?: (_stowage_agent_v1_OpenTunnel | null);
  /**
   * the session ends; the reason is for people
   */
  'refused'?: (_stowage_agent_v1_Refused | null);
  'closeTunnel'?: (_stowage_agent_v1_CloseTunnel | null);
  /**
   * only where welcome named a kind of network
   */
  'network'?: (_stowage_agent_v1_Network | null);
  /**
   * when it is another than welcome, or the last one, told
   */
  'masters'?: (_stowage_agent_v1_MasterList | null);
  'message'?: "welcome"|"assignments"|"openTunnel"|"refused"|"closeTunnel"|"network"|"masters";
}

export interface FromMaster__Output {
  /**
   * answers hello
   */
  'welcome'?: (_stowage_agent_v1_Welcome__Output | null);
  'assignments'?: (_stowage_agent_v1_Assignments__Output | null);
  'openTunnel'?: (_stowage_agent_v1_OpenTunnel__Output | null);
  /**
   * the session ends; the reason is for people
   */
  'refused'?: (_stowage_agent_v1_Refused__Output | null);
  'closeTunnel'?: (_stowage_agent_v1_CloseTunnel__Output | null);
  /**
   * only where welcome named a kind of network
   */
  'network'?: (_stowage_agent_v1_Network__Output | null);
  /**
   * when it is another than welcome, or the last one, told
   */
  'masters'?: (_stowage_agent_v1_MasterList__Output | null);
  'message'?: "welcome"|"assignments"|"openTunnel"|"refused"|"closeTunnel"|"network"|"masters";
}
