// Original file: proto/agent.proto


/**
 * kind is "node", "service", "slice", "task" or "policy"; key names the object within its kind.
 */
export interface NetworkObject {
  'kind'?: (string);
  'key'?: (string);
  'json'?: (string);
}

/**
 * kind is "node", "service", "slice", "task" or "policy"; key names the object within its kind.
 */
export interface NetworkObject__Output {
  'kind': (string);
  'key': (string);
  'json': (string);
}
