import type { Observation, SeenObject } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { controllerOf, count, field, isDeleting, keyOf, list, text, uidOf } from './fields.ts';
import { admits, everybody, isOpen, isPlain, roomFor, waitsForPlace } from './placing.ts';
import { conditionOf, hasCondition, PODS, podOf } from './pods.ts';
import type { SeenCell } from './seen-cell.ts';
import { Whereabouts } from './whereabouts.ts';

type Complain = (message: string) => void;

/** Containers that wait for these will not run, whatever the cell does. */
const HOPELESS: ReadonlySet<string> = new Set([
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'CrashLoopBackOff'],
  ...['CreateContainerConfigError', 'CreateContainerError'],
]);
const KINDS_THAT_END = [
  '/pods',
  '/namespaces',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
];

/** Owns where containers run; all else it reads off the cell when the time for coming to rest is over. */
export class Converged implements Checker {
  private readonly whereabouts = new Whereabouts();
  private readonly report: Report;
  private readonly cell: SeenCell;
  private sawMachines = false;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  take(seen: Observation): void {
    this.sawMachines ||= seen.type === 'container';
    this.whereabouts.take(seen);
    if (seen.type !== 'end') return;
    const complain: Complain = (message) => this.report(seen.atMs, message);
    const pods = [...this.cell.all(PODS).values()];
    for (const pod of pods) this.pod(pod, complain);
    if (this.sawMachines) this.machines(pods, complain);
    this.workloads(childrenByOwner(pods), complain);
    this.daemons(childrenByOwner(pods), complain);
    this.jobs(complain);
    this.departures(complain);
  }

  private pod(pod: SeenObject, complain: Complain): void {
    const { node, over, deleting, ready } = podOf(pod);
    if (over || deleting) return;
    if (waitsForPlace(pod) && isPlain(pod)) {
      const place = roomFor(this.cell, pod, everybody);
      if (place) complain(`pod ${keyOf(pod)} waits for a place, and ${place} has room`);
    }
    if (!node || ready || !this.isUp(node) || isHopeless(pod)) return;
    complain(`pod ${keyOf(pod)} has its place on ${node}, and is ${podOf(pod).phase} and not ready`);
  }

  private isUp(node: string): boolean {
    return hasCondition(this.cell.all('/nodes').get(`/${node}`), 'Ready');
  }

  /** What runs at the machines is what the API says, on machines that it hears of. */
  private machines(pods: readonly SeenObject[], complain: Complain): void {
    const known = new Set(pods.map(uidOf));
    for (const [uid, places] of this.whereabouts.running()) {
      for (const { machine } of places)
        if (!known.has(uid) && this.isUp(machine))
          complain(`${machine} runs containers of pod ${uid}, which is no more`);
    }
    for (const pod of pods) {
      const { node, ready, uid } = podOf(pod);
      if (!ready || !this.isUp(node)) continue;
      if (this.whereabouts.placesOf(uid).every(({ machine }) => machine !== node))
        complain(`pod ${keyOf(pod)} is said to be ready, and nothing of it runs on ${node}`);
    }
  }

  private workloads(children: ReadonlyMap<string, SeenObject[]>, complain: Complain): void {
    const limited = new Set(
      [...this.cell.all('/resourcequotas').values(), ...this.cell.all('stowage.dev/bandquotas').values()].map(
        namespaceOf,
      ),
    );
    for (const [resource, word] of [
      ['apps/replicasets', 'replica set'],
      ['apps/statefulsets', 'stateful set'],
    ] as const) {
      for (const [key, set] of this.cell.living(resource)) {
        const wanted = count(set, 'spec', 'replicas') ?? 1;
        const is = children.get(uidOf(set))?.length ?? 0;
        // One that is quota's to refuse may be missing; an earlier pod of its set holds up what is to come, and what is to go.
        const heldUp = resource === 'apps/statefulsets' && isHeldUp(children.get(uidOf(set)));
        const excused = heldUp || (is < wanted && limited.has(namespaceOf(set)));
        if (is !== wanted && !excused) complain(`${word} ${key} is to have ${wanted} pods, and has ${is}`);
      }
    }
    for (const [key, deployment] of this.cell.living('apps/deployments')) {
      const sets = [...this.cell.all('apps/replicasets').values()].filter(
        (set) => controllerOf(set)?.uid === uidOf(deployment),
      );
      const sum = sets.reduce((total, set) => total + (count(set, 'spec', 'replicas') ?? 0), 0);
      const wanted = count(deployment, 'spec', 'replicas') ?? 1;
      const allReady = sets.every((set) => (children.get(uidOf(set)) ?? []).every((pod) => podOf(pod).ready));
      if (
        sum !== wanted &&
        (allReady || sum < wanted) &&
        !limited.has(namespaceOf(deployment)) &&
        !field(deployment, 'spec', 'paused')
      )
        complain(`deployment ${key} is to have ${wanted} replicas, and its replica sets have ${sum}`);
    }
  }

  private daemons(children: ReadonlyMap<string, SeenObject[]>, complain: Complain): void {
    for (const [key, set] of this.cell.living('apps/daemonsets')) {
      const nodes = (children.get(uidOf(set)) ?? []).map((pod) => targetNode(pod));
      const template = { spec: field(set, 'spec', 'template', 'spec') };
      for (const [name, node] of this.cell.all('/nodes')) {
        const number = nodes.filter((each) => each === name.slice(1)).length;
        if (number > 1) complain(`daemon set ${key} has ${number} pods for ${name.slice(1)}`);
        else if (number === 0 && isOpen(node) && admits(node, template) && !field(template, 'spec', 'affinity'))
          complain(`daemon set ${key} has no pod for ${name.slice(1)}`);
      }
    }
  }

  private jobs(complain: Complain): void {
    for (const [key, job] of this.cell.living('batch/jobs')) {
      const isOver =
        hasCondition(job, 'Complete') || hasCondition(job, 'Failed') || field(job, 'spec', 'suspend') === true;
      const works = [...this.cell.all(PODS).values()].some(
        (pod) => controllerOf(pod)?.uid === uidOf(job) && !podOf(pod).over,
      );
      if (!isOver && !works && conditionOf(job, 'FailureTarget') === undefined)
        complain(`job ${key} is not over, and has no pod at work`);
    }
  }

  /** What is to go has gone, but where its machine is not there to say so, or somebody else's finalizer holds it. */
  private departures(complain: Complain): void {
    for (const resource of KINDS_THAT_END) {
      for (const [key, object] of this.cell.all(resource)) {
        if (!isDeleting(object)) continue;
        const node = resource === PODS ? podOf(object).node : '';
        const waits =
          resource === '/namespaces' &&
          [...this.cell.all(PODS).values()].some(
            (pod) => namespaceOf(pod) === key.slice(1) && !this.isUp(podOf(pod).node),
          );
        if (
          waits ||
          (node && !this.isUp(node)) ||
          list(object, 'metadata', 'finalizers').some((name) => !String(name).includes('kubernetes'))
        )
          continue;
        complain(`${resource} ${key} has been on its way out since ${text(object, 'metadata', 'deletionTimestamp')}`);
      }
    }
  }
}

const namespaceOf = (object: SeenObject): string => text(object, 'metadata', 'namespace');

/** Pods that live, or will. */
function childrenByOwner(pods: readonly SeenObject[]): ReadonlyMap<string, SeenObject[]> {
  const children = new Map<string, SeenObject[]>();
  for (const pod of pods) {
    const { owner, over, deleting } = podOf(pod);
    if (!owner || over || deleting) continue;
    const own = children.get(owner.uid);
    if (own) own.push(pod);
    else children.set(owner.uid, [pod]);
  }
  return children;
}

const isHeldUp = (pods: readonly SeenObject[] = []): boolean => pods.some((pod) => !podOf(pod).ready);

function isHopeless(pod: SeenObject): boolean {
  const statuses = [...list(pod, 'status', 'initContainerStatuses'), ...list(pod, 'status', 'containerStatuses')];
  return statuses.some((status) => HOPELESS.has(text(status, 'state', 'waiting', 'reason')));
}

/** The node that it is on, or is meant for. */
function targetNode(pod: SeenObject): string {
  const terms = list(
    pod,
    'spec',
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  );
  const fields = terms.flatMap((term) => list(term, 'matchFields'));
  const named = fields.flatMap((each) => field(each, 'values') as readonly string[]);
  return podOf(pod).node || (named[0] ?? '');
}
