import { metadata, typeMeta } from '../meta/object.ts';
import { int32, list, oneOf, optional, type Static, string, struct, time } from '../meta/schema.ts';

/** What the scheduler makes of a pod (master/scheduler/explanation.ts says what each means). */
export const PLACEMENT_STATES = ['placed', 'pending', 'waiting', 'ignored'] as const;

const PlacementReasonSchema = struct('dev.stowage.v1.PlacementReason', 'One reason for which nodes refuse the pod.', {
  reason: string('The reason, as in the condition of the pod.'),
  nodes: int32('How many nodes refuse the pod for it. A node that lacks two things counts for both.'),
});

const NearestNodeSchema = struct('dev.stowage.v1.NearestNode', 'The node that needs least to change.', {
  node: string('Name of the node.'),
  lacks: list(string('One thing.'), 'What it lacks, in words.'),
});

const RemedySchema = struct('dev.stowage.v1.Remedy', 'A change that was tried on the model of the cell and helps.', {
  text: string('What to change, and what comes of it.'),
  nodes: int32('How many nodes would take the pod after the change.'),
});

/** The `placement` subresource of a pod: why it is where it is, or nowhere. A view, made when asked for; never stored. */
export const PlacementSchema = struct('dev.stowage.v1.Placement', 'Why a pod is where it is, or nowhere.', {
  ...typeMeta,
  metadata,
  status: struct('dev.stowage.v1.PlacementStatus', 'What the scheduler says of the pod at this moment.', {
    state: oneOf(
      'placed: it has a node. pending: no node takes it now. waiting: it may not be tried yet. ignored: it is not for this scheduler.',
      PLACEMENT_STATES,
    ),
    message: string('All in one line.'),
    nodeName: optional(string('Where a placed pod is.')),
    since: optional(time('Since when it has that place.')),
    nodes: int32('How many nodes the cell has.'),
    reasons: list(PlacementReasonSchema, 'Why nodes refuse it, the most frequent reason first.'),
    nearest: optional(NearestNodeSchema),
    remedies: list(RemedySchema, 'Changes that would help, the best first.'),
  }),
});
export type Placement = Static<typeof PlacementSchema>;
export type PlacementStatus = Placement['status'];
