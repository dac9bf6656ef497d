// Original file: proto/agent.proto


/**
 * Persistent volumes of this node that were to be erased, and of which nothing is left: the master may now remove the objects.
 */
export interface VolumesErased {
  'names'?: (string)[];
}

/**
 * Persistent volumes of this node that were to be erased, and of which nothing is left: the master may now remove the objects.
 */
export interface VolumesErased__Output {
  'names': (string)[];
}
