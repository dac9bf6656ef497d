// Original file: proto/agent.proto


export interface Hello {
  'nodeName'?: (string);
  'agentVersion'?: (string);
  /**
   * core/v1 Node as JSON: labels, capacity, allocatable, nodeInfo, addresses. The master creates or updates the Node from it.
   */
  'nodeJson'?: (string);
}

export interface Hello__Output {
  'nodeName': (string);
  'agentVersion': (string);
  /**
   * core/v1 Node as JSON: labels, capacity, allocatable, nodeInfo, addresses. The master creates or updates the Node from it.
   */
  'nodeJson': (string);
}
