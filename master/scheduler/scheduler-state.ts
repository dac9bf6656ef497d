import { defaultSchedulingPolicy, type SchedulingPolicySpec } from '../../api/stowage/scheduling-policy.ts';
import { BackOff } from './back-off.ts';
import { Budgets } from './budgets.ts';
import { CrashWitness } from './crash-witness.ts';
import { Explanations } from './explanations.ts';
import { Gangs } from './gangs.ts';
import type { Pending, PendingPod } from './pending.ts';
import { Placements } from './placements.ts';
import { Preemption } from './preemption.ts';
import { SchedulingQueue } from './queue.ts';
import { Reservations } from './reservations.ts';
import { Shapes } from './shapes.ts';
import { Templates } from './templates.ts';
import { World } from './world.ts';

/**
 * Everything a scheduler knows, made once and shared by those who act on it; it does nothing by itself.
 *
 * Owns: the model of the cell and one register of each kind, the policy in force, and the time of the pass. Invariant: a pod is in one
 * of the queue, the waiting members of a gang, a reservation, and the placements. `PendingPods` sees to the first three, `Pods` to
 * the last.
 */
export class SchedulerState {
  readonly world = new World();
  readonly templates: Templates;
  readonly shapes = new Shapes(this.world);
  readonly queue = new SchedulingQueue<Pending>();
  readonly backOff = new BackOff(this.queue);
  readonly placements = new Placements(this.world);
  readonly budgets = new Budgets();
  readonly gangs = new Gangs();
  readonly reservations = new Reservations(this.world);
  readonly preemption: Preemption;
  readonly explanations = new Explanations<PendingPod>();
  readonly crashes = new CrashWitness(this.world.crashes);
  policy: SchedulingPolicySpec;
  nowMs = 0;

  constructor(policy = defaultSchedulingPolicy()) {
    this.policy = policy;
    this.templates = new Templates(this.world, policy);
    this.preemption = new Preemption(this.world, this.templates, this.budgets, this.reservations);
  }
}
