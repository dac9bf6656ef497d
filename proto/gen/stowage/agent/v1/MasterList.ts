// Original file: proto/agent.proto


/**
 * https://HOST:PORT of all masters of the cell.
 */
export interface MasterList {
  'urls'?: (string)[];
}

/**
 * https://HOST:PORT of all masters of the cell.
 */
export interface MasterList__Output {
  'urls': (string)[];
}
