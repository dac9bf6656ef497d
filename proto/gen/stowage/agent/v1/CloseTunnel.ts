// Original file: proto/agent.proto


/**
 * The client of a tunnel has gone. Its stream tells so too, but only to an agent that reads it, and one that cannot pass on what it
 * has been sent reads no further.
 */
export interface CloseTunnel {
  'id'?: (string);
}

/**
 * The client of a tunnel has gone. Its stream tells so too, but only to an agent that reads it, and one that cannot pass on what it
 * has been sent reads no further.
 */
export interface CloseTunnel__Output {
  'id': (string);
}
