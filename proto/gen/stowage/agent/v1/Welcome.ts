// Original file: proto/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Welcome {
  'cellId'?: (string);
  'masterVersion'?: (string);
  /**
   * How often to send a heartbeat.
   */
  'heartbeatMs'?: (number);
  /**
   * The master's clock: wall time, milliseconds since the epoch. 0: it does not tell.
   */
  'nowMs'?: (number | string | Long);
  /**
   * How packets travel between the pods of different machines: "vxlan" or "host-gw". Empty: each engine has a network of its own.
   */
  'network'?: (string);
  /**
   * https://HOST:PORT of all masters of the cell, this one too. Empty: it does not tell, or is the only one.
   */
  'masters'?: (string)[];
}

export interface Welcome__Output {
  'cellId': (string);
  'masterVersion': (string);
  /**
   * How often to send a heartbeat.
   */
  'heartbeatMs': (number);
  /**
   * The master's clock: wall time, milliseconds since the epoch. 0: it does not tell.
   */
  'nowMs': (number);
  /**
   * How packets travel between the pods of different machines: "vxlan" or "host-gw". Empty: each engine has a network of its own.
   */
  'network': (string);
  /**
   * https://HOST:PORT of all masters of the cell, this one too. Empty: it does not tell, or is the only one.
   */
  'masters': (string)[];
}
