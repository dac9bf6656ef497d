// Original file: proto/agent.proto


/**
 * plural is "pods", or "configmaps" / "secrets" / "persistentvolumeclaims" / "nodes" (their own) which the node's pods refer to, or
 * "persistentvolumes" which their claims do, or which are to be erased. An object that a pod refers to comes in the same
 * message as the pod, or earlier. The namespace is empty for kinds that have none.
 */
export interface Upsert {
  'plural'?: (string);
  'namespace'?: (string);
  'name'?: (string);
  'json'?: (string);
}

/**
 * plural is "pods", or "configmaps" / "secrets" / "persistentvolumeclaims" / "nodes" (their own) which the node's pods refer to, or
 * "persistentvolumes" which their claims do, or which are to be erased. An object that a pod refers to comes in the same
 * message as the pod, or earlier. The namespace is empty for kinds that have none.
 */
export interface Upsert__Output {
  'plural': (string);
  'namespace': (string);
  'name': (string);
  'json': (string);
}
