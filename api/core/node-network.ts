/** Annotations by which an agent says what is to be known of its machine's network, when it introduces itself. */

/** Ranges to which the machine has other ways, separated by commas: `10.0.0.0/8,192.0.2.0/24`. Its pods get none of them. */
export const TAKEN_RANGES = 'network.stowage.dev/taken-ranges';
/** The range that pods of the machine have already, from before its Node was made anew. */
export const KEPT_RANGE = 'network.stowage.dev/kept-range';

/** Annotation by which an agent says that it would serve ingresses, and at which ports: `80,443`. */
export const INGRESS_PORTS = 'network.stowage.dev/ingress-ports';
/**
 * Label by which an administrator lets a node: it gets the keys of certificates. No agent can give it to itself (Kubernetes docs,
 * "Assigning Pods to Nodes", "Node isolation/restriction").
 */
export const INGRESS_LABEL = 'node-restriction.kubernetes.io/ingress';
