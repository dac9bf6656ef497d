// Original file: proto/agent.proto


/**
 * plural is "pods", or "configmaps" / "secrets" which the node's pods refer to. An object that a pod refers to comes in the
 * same message as the pod, or earlier.
 */
export interface Upsert {
  'plural'?: (string);
  'namespace'?: (string);
  'name'?: (string);
  'json'?: (string);
}

/**
 * plural is "pods", or "configmaps" / "secrets" which the node's pods refer to. An object that a pod refers to comes in the
 * same message as the pod, or earlier.
 */
export interface Upsert__Output {
  'plural': (string);
  'namespace': (string);
  'name': (string);
  'json': (string);
}
