import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AgentsClient as _stowage_agent_v1_AgentsClient, AgentsDefinition as _stowage_agent_v1_AgentsDefinition } from './stowage/agent/v1/Agents.ts';
import type { Assignments as _stowage_agent_v1_Assignments, Assignments__Output as _stowage_agent_v1_Assignments__Output } from './stowage/agent/v1/Assignments.ts';
import type { CloseTunnel as _stowage_agent_v1_CloseTunnel, CloseTunnel__Output as _stowage_agent_v1_CloseTunnel__Output } from './stowage/agent/v1/CloseTunnel.ts';
import type { ContainerUsage as _stowage_agent_v1_ContainerUsage, ContainerUsage__Output as _stowage_agent_v1_ContainerUsage__Output } from './stowage/agent/v1/ContainerUsage.ts';
import type { EventReport as _stowage_agent_v1_EventReport, EventReport__Output as _stowage_agent_v1_EventReport__Output } from './stowage/agent/v1/EventReport.ts';
import type { ExecRequest as _stowage_agent_v1_ExecRequest, ExecRequest__Output as _stowage_agent_v1_ExecRequest__Output } from './stowage/agent/v1/ExecRequest.ts';
import type { FromAgent as _stowage_agent_v1_FromAgent, FromAgent__Output as _stowage_agent_v1_FromAgent__Output } from './stowage/agent/v1/FromAgent.ts';
import type { FromMaster as _stowage_agent_v1_FromMaster, FromMaster__Output as _stowage_agent_v1_FromMaster__Output } from './stowage/agent/v1/FromMaster.ts';
import type { Goodbye as _stowage_agent_v1_Goodbye, Goodbye__Output as _stowage_agent_v1_Goodbye__Output } from './stowage/agent/v1/Goodbye.ts';
import type { Heartbeat as _stowage_agent_v1_Heartbeat, Heartbeat__Output as _stowage_agent_v1_Heartbeat__Output } from './stowage/agent/v1/Heartbeat.ts';
import type { Hello as _stowage_agent_v1_Hello, Hello__Output as _stowage_agent_v1_Hello__Output } from './stowage/agent/v1/Hello.ts';
import type { LogRequest as _stowage_agent_v1_LogRequest, LogRequest__Output as _stowage_agent_v1_LogRequest__Output } from './stowage/agent/v1/LogRequest.ts';
import type { MasterList as _stowage_agent_v1_MasterList, MasterList__Output as _stowage_agent_v1_MasterList__Output } from './stowage/agent/v1/MasterList.ts';
import type { MastersClient as _stowage_agent_v1_MastersClient, MastersDefinition as _stowage_agent_v1_MastersDefinition } from './stowage/agent/v1/Masters.ts';
import type { MeasuredUsage as _stowage_agent_v1_MeasuredUsage, MeasuredUsage__Output as _stowage_agent_v1_MeasuredUsage__Output } from './stowage/agent/v1/MeasuredUsage.ts';
import type { Network as _stowage_agent_v1_Network, Network__Output as _stowage_agent_v1_Network__Output } from './stowage/agent/v1/Network.ts';
import type { NetworkName as _stowage_agent_v1_NetworkName, NetworkName__Output as _stowage_agent_v1_NetworkName__Output } from './stowage/agent/v1/NetworkName.ts';
import type { NetworkObject as _stowage_agent_v1_NetworkObject, NetworkObject__Output as _stowage_agent_v1_NetworkObject__Output } from './stowage/agent/v1/NetworkObject.ts';
import type { NodeReport as _stowage_agent_v1_NodeReport, NodeReport__Output as _stowage_agent_v1_NodeReport__Output } from './stowage/agent/v1/NodeReport.ts';
import type { NodeUsageReport as _stowage_agent_v1_NodeUsageReport, NodeUsageReport__Output as _stowage_agent_v1_NodeUsageReport__Output } from './stowage/agent/v1/NodeUsageReport.ts';
import type { OpenTunnel as _stowage_agent_v1_OpenTunnel, OpenTunnel__Output as _stowage_agent_v1_OpenTunnel__Output } from './stowage/agent/v1/OpenTunnel.ts';
import type { PodRef as _stowage_agent_v1_PodRef, PodRef__Output as _stowage_agent_v1_PodRef__Output } from './stowage/agent/v1/PodRef.ts';
import type { PodReport as _stowage_agent_v1_PodReport, PodReport__Output as _stowage_agent_v1_PodReport__Output } from './stowage/agent/v1/PodReport.ts';
import type { PodReports as _stowage_agent_v1_PodReports, PodReports__Output as _stowage_agent_v1_PodReports__Output } from './stowage/agent/v1/PodReports.ts';
import type { PodUsage as _stowage_agent_v1_PodUsage, PodUsage__Output as _stowage_agent_v1_PodUsage__Output } from './stowage/agent/v1/PodUsage.ts';
import type { PodsGone as _stowage_agent_v1_PodsGone, PodsGone__Output as _stowage_agent_v1_PodsGone__Output } from './stowage/agent/v1/PodsGone.ts';
import type { PortForwardRequest as _stowage_agent_v1_PortForwardRequest, PortForwardRequest__Output as _stowage_agent_v1_PortForwardRequest__Output } from './stowage/agent/v1/PortForwardRequest.ts';
import type { Refused as _stowage_agent_v1_Refused, Refused__Output as _stowage_agent_v1_Refused__Output } from './stowage/agent/v1/Refused.ts';
import type { RelayRequest as _stowage_agent_v1_RelayRequest, RelayRequest__Output as _stowage_agent_v1_RelayRequest__Output } from './stowage/agent/v1/RelayRequest.ts';
import type { Removal as _stowage_agent_v1_Removal, Removal__Output as _stowage_agent_v1_Removal__Output } from './stowage/agent/v1/Removal.ts';
import type { Resize as _stowage_agent_v1_Resize, Resize__Output as _stowage_agent_v1_Resize__Output } from './stowage/agent/v1/Resize.ts';
import type { TunnelFrame as _stowage_agent_v1_TunnelFrame, TunnelFrame__Output as _stowage_agent_v1_TunnelFrame__Output } from './stowage/agent/v1/TunnelFrame.ts';
import type { TunnelResult as _stowage_agent_v1_TunnelResult, TunnelResult__Output as _stowage_agent_v1_TunnelResult__Output } from './stowage/agent/v1/TunnelResult.ts';
import type { Upsert as _stowage_agent_v1_Upsert, Upsert__Output as _stowage_agent_v1_Upsert__Output } from './stowage/agent/v1/Upsert.ts';
import type { UsageQuery as _stowage_agent_v1_UsageQuery, UsageQuery__Output as _stowage_agent_v1_UsageQuery__Output } from './stowage/agent/v1/UsageQuery.ts';
import type { UsageReport as _stowage_agent_v1_UsageReport, UsageReport__Output as _stowage_agent_v1_UsageReport__Output } from './stowage/agent/v1/UsageReport.ts';
import type { UsageReports as _stowage_agent_v1_UsageReports, UsageReports__Output as _stowage_agent_v1_UsageReports__Output } from './stowage/agent/v1/UsageReports.ts';
import type { VolumesErased as _stowage_agent_v1_VolumesErased, VolumesErased__Output as _stowage_agent_v1_VolumesErased__Output } from './stowage/agent/v1/VolumesErased.ts';
import type { Welcome as _stowage_agent_v1_Welcome, Welcome__Output as _stowage_agent_v1_Welcome__Output } from './stowage/agent/v1/Welcome.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  stowage: {
    agent: {
      v1: {
        Agents: SubtypeConstructor<typeof grpc.Client, _stowage_agent_v1_AgentsClient> & { service: _stowage_agent_v1_AgentsDefinition }
        Assignments: MessageTypeDefinition<_stowage_agent_v1_Assignments, _stowage_agent_v1_Assignments__Output>
        CloseTunnel: MessageTypeDefinition<_stowage_agent_v1_CloseTunnel, _stowage_agent_v1_CloseTunnel__Output>
        ContainerUsage: MessageTypeDefinition<_stowage_agent_v1_ContainerUsage, _stowage_agent_v1_ContainerUsage__Output>
        EventReport: MessageTypeDefinition<_stowage_agent_v1_EventReport, _stowage_agent_v1_EventReport__Output>
        ExecRequest: MessageTypeDefinition<_stowage_agent_v1_ExecRequest, _stowage_agent_v1_ExecRequest__Output>
        FromAgent: MessageTypeDefinition<_stowage_agent_v1_FromAgent, _stowage_agent_v1_FromAgent__Output>
        FromMaster: MessageTypeDefinition<_stowage_agent_v1_FromMaster, _stowage_agent_v1_FromMaster__Output>
        Goodbye: MessageTypeDefinition<_stowage_agent_v1_Goodbye, _stowage_agent_v1_Goodbye__Output>
        Heartbeat: MessageTypeDefinition<_stowage_agent_v1_Heartbeat, _stowage_agent_v1_Heartbeat__Output>
        Hello: MessageTypeDefinition<_stowage_agent_v1_Hello, _stowage_agent_v1_Hello__Output>
        LogRequest: MessageTypeDefinition<_stowage_agent_v1_LogRequest, _stowage_agent_v1_LogRequest__Output>
        MasterList: MessageTypeDefinition<_stowage_agent_v1_MasterList, _stowage_agent_v1_MasterList__Output>
        /**
         * From master to master, by the certificate that only masters have.
         */
        Masters: SubtypeConstructor<typeof grpc.Client, _stowage_agent_v1_MastersClient> & { service: _stowage_agent_v1_MastersDefinition }
        MeasuredUsage: MessageTypeDefinition<_stowage_agent_v1_MeasuredUsage, _stowage_agent_v1_MeasuredUsage__Output>
        Network: MessageTypeDefinition<_stowage_agent_v1_Network, _stowage_agent_v1_Network__Output>
        NetworkName: MessageTypeDefinition<_stowage_agent_v1_NetworkName, _stowage_agent_v1_NetworkName__Output>
        NetworkObject: MessageTypeDefinition<_stowage_agent_v1_NetworkObject, _stowage_agent_v1_NetworkObject__Output>
        NodeReport: MessageTypeDefinition<_stowage_agent_v1_NodeReport, _stowage_agent_v1_NodeReport__Output>
        NodeUsageReport: MessageTypeDefinition<_stowage_agent_v1_NodeUsageReport, _stowage_agent_v1_NodeUsageReport__Output>
        OpenTunnel: MessageTypeDefinition<_stowage_agent_v1_OpenTunnel, _stowage_agent_v1_OpenTunnel__Output>
        PodRef: MessageTypeDefinition<_stowage_agent_v1_PodRef, _stowage_agent_v1_PodRef__Output>
        PodReport: MessageTypeDefinition<_stowage_agent_v1_PodReport, _stowage_agent_v1_PodReport__Output>
        PodReports: MessageTypeDefinition<_stowage_agent_v1_PodReports, _stowage_agent_v1_PodReports__Output>
        PodUsage: MessageTypeDefinition<_stowage_agent_v1_PodUsage, _stowage_agent_v1_PodUsage__Output>
        PodsGone: MessageTypeDefinition<_stowage_agent_v1_PodsGone, _stowage_agent_v1_PodsGone__Output>
        PortForwardRequest: MessageTypeDefinition<_stowage_agent_v1_PortForwardRequest, _stowage_agent_v1_PortForwardRequest__Output>
        Refused: MessageTypeDefinition<_stowage_agent_v1_Refused, _stowage_agent_v1_Refused__Output>
        RelayRequest: MessageTypeDefinition<_stowage_agent_v1_RelayRequest, _stowage_agent_v1_RelayRequest__Output>
        Removal: MessageTypeDefinition<_stowage_agent_v1_Removal, _stowage_agent_v1_Removal__Output>
        Resize: MessageTypeDefinition<_stowage_agent_v1_Resize, _stowage_agent_v1_Resize__Output>
        TunnelFrame: MessageTypeDefinition<_stowage_agent_v1_TunnelFrame, _stowage_agent_v1_TunnelFrame__Output>
        TunnelResult: MessageTypeDefinition<_stowage_agent_v1_TunnelResult, _stowage_agent_v1_TunnelResult__Output>
        Upsert: MessageTypeDefinition<_stowage_agent_v1_Upsert, _stowage_agent_v1_Upsert__Output>
        UsageQuery: MessageTypeDefinition<_stowage_agent_v1_UsageQuery, _stowage_agent_v1_UsageQuery__Output>
        UsageReport: MessageTypeDefinition<_stowage_agent_v1_UsageReport, _stowage_agent_v1_UsageReport__Output>
        UsageReports: MessageTypeDefinition<_stowage_agent_v1_UsageReports, _stowage_agent_v1_UsageReports__Output>
        VolumesErased: MessageTypeDefinition<_stowage_agent_v1_VolumesErased, _stowage_agent_v1_VolumesErased__Output>
        Welcome: MessageTypeDefinition<_stowage_agent_v1_Welcome, _stowage_agent_v1_Welcome__Output>
      }
    }
  }
}

