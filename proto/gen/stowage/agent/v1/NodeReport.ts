// Original file: proto/agent.proto


/**
 * The Node's status as JSON (conditions, capacity, allocatable, addresses, nodeInfo, images), when it changed.
 */
export interface NodeReport {
  'statusJson'?: (string);
}

/**
 * The Node's status as JSON (conditions, capacity, allocatable, addresses, nodeInfo, images), when it changed.
 */
export interface NodeReport__Output {
  'statusJson': (string);
}
