/** Annotations by which an agent says what is to be known of its machine's network, when it introduces itself. */

/** Ranges to which the machine has other ways, separated by commas: `10.0.0.0/8,192.0.2.0/24`. Its pods get none of them. */
export const TAKEN_RANGES = 'network.stowage.dev/taken-ranges';
/** The range that pods of the machine have already, from before its Node was made anew. */
export const KEPT_RANGE = 'network.stowage.dev/kept-range';
