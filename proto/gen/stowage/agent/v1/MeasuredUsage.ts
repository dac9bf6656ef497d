// Original file: proto/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface MeasuredUsage {
  /**
   * Length of the time over which cpu_nanocores is the mean.
   */
  'windowMs'?: (number);
  'cpuNanocores'?: (number | string | Long);
  /**
   * What the kernel could not take back at once.
   */
  'memoryBytes'?: (number | string | Long);
}

export interface MeasuredUsage__Output {
  /**
   * Length of the time over which cpu_nanocores is the mean.
   */
  'windowMs': (number);
  'cpuNanocores': (number);
  /**
   * What the kernel could not take back at once.
   */
  'memoryBytes': (number);
}
