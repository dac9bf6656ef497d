/**
 * The messages of agent.proto under short names. The types are generated (`npm run proto`); both ends use the complete form,
 * in which `message`, `what` and `frame` name the member that is set.
 */
export type { Assignments__Output as Assignments } from './gen/stowage/agent/v1/Assignments.ts';
export type { ContainerUsage__Output as ContainerUsage } from './gen/stowage/agent/v1/ContainerUsage.ts';
export type { EventReport__Output as EventReport } from './gen/stowage/agent/v1/EventReport.ts';
export type { ExecRequest__Output as ExecRequest } from './gen/stowage/agent/v1/ExecRequest.ts';
export type { FromAgent__Output as FromAgent } from './gen/stowage/agent/v1/FromAgent.ts';
export type { FromMaster__Output as FromMaster } from './gen/stowage/agent/v1/FromMaster.ts';
export type { Hello__Output as Hello } from './gen/stowage/agent/v1/Hello.ts';
export type { LogRequest__Output as LogRequest } from './gen/stowage/agent/v1/LogRequest.ts';
export type { MeasuredUsage__Output as MeasuredUsage } from './gen/stowage/agent/v1/MeasuredUsage.ts';
export type { Network__Output as Network } from './gen/stowage/agent/v1/Network.ts';
export type { NodeUsageReport__Output as NodeUsageReport } from './gen/stowage/agent/v1/NodeUsageReport.ts';
export type { OpenTunnel__Output as OpenTunnel } from './gen/stowage/agent/v1/OpenTunnel.ts';
export type { PodRef__Output as PodRef } from './gen/stowage/agent/v1/PodRef.ts';
export type { PodReport__Output as PodReport } from './gen/stowage/agent/v1/PodReport.ts';
export type { PodUsage__Output as PodUsage } from './gen/stowage/agent/v1/PodUsage.ts';
export type { PortForwardRequest__Output as PortForwardRequest } from './gen/stowage/agent/v1/PortForwardRequest.ts';
export type { Removal__Output as Removal } from './gen/stowage/agent/v1/Removal.ts';
export type { TunnelFrame__Output as TunnelFrame } from './gen/stowage/agent/v1/TunnelFrame.ts';
export type { TunnelResult__Output as TunnelResult } from './gen/stowage/agent/v1/TunnelResult.ts';
export type { Upsert__Output as Upsert } from './gen/stowage/agent/v1/Upsert.ts';
export type { UsageReport__Output as UsageReport } from './gen/stowage/agent/v1/UsageReport.ts';
export type { VolumesErased__Output as VolumesErased } from './gen/stowage/agent/v1/VolumesErased.ts';
export type { Welcome__Output as Welcome } from './gen/stowage/agent/v1/Welcome.ts';
