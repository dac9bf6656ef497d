import type { PodFacts } from '../environment.ts';
import type { Owner } from '../labels.ts';

/** The pod whose volumes are worked on, and its surroundings. */
export interface VolumeContext extends PodFacts {
  readonly owner: Owner;
  /** The agent's own directory for the pod; everything it keeps of the pod is below. */
  readonly podDir: string;
}
