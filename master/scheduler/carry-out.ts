import { nodes } from '../../api/core/node.ts';
import { type PersistentVolume, persistentVolumes } from '../../api/core/persistent-volume.ts';
import { isFree, isKeptFor, keepVolumeFor, SELECTED_NODE } from '../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { conflict, isApiError } from '../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { POD_GROUP_API_GROUP, type PodGroup, podGroups } from '../../api/stowage/pod-group.ts';
import { DEFAULT_SCHEDULER } from '../../api/stowage/scheduling-policy.ts';
import { xPodGroups } from '../../api/stowage/x-pod-group.ts';
import { timestamp } from '../../platform/clock.ts';
import type { WriteContext } from '../objects/objects.ts';
import { createBinder } from './binding/binder.ts';
import { claimsSettled, type Expected, Unsettled } from './claim-settled.ts';
import type { Decision } from './decision.ts';
import type { Office, SchedulerContext } from './scheduler-context.ts';

const USER = 'system:kube-scheduler';
/** What a claim gets to be bound before its pod is tried again (kube-scheduler's bindTimeoutSeconds). */
const CLAIM_TIMEOUT_MS = 600_000;

type Of<K extends Decision['type']> = Extract<Decision, { type: K }>;

/** How each kind of decision is carried out. Rejects with what went wrong; whoever called decides what that means. */
export type Executors = { readonly [K in Decision['type']]: (decision: Of<K>) => Promise<void> };

/** All that they write holds only while the term lasts. */
export function createExecutors(
  context: SchedulerContext,
  { fence, signal }: Office,
  component = DEFAULT_SCHEDULER,
): Executors {
  const { objects, clock, events } = context;
  const writer: WriteContext = { user: USER, fence };
  const binder = createBinder({ objects, clock, user: USER, fence, signal });

  async function updateStatus(pod: Pod, change: (current: Pod) => void): Promise<void> {
    const { namespace, name = '', uid } = metaOf(pod);
    const options = { part: 'status', preconditions: { uid } } as const;
    await objects.update(pods, namespace, name, change, writer, options).catch(unlessGone);
  }

  async function bindClaims({ volumes, pod, nodeName }: Of<'bind'>): Promise<void> {
    const { namespace } = metaOf(pod);
    for (const choice of volumes) {
      const claimName = choice.claim.slice(choice.claim.indexOf('/') + 1);
      const claim = context.cache.get(persistentVolumeClaims, namespace, claimName);
      if (!claim) throw conflict(pods, metaOf(pod).name ?? '', `persistentvolumeclaim "${claimName}" not found`);
      if ('volume' in choice) {
        const change = (volume: PersistentVolume) => keep(volume, claim);
        await objects.update(persistentVolumes, undefined, choice.volume, change, writer);
      } else {
        const select = (current: typeof claim) => {
          current.metadata!.annotations = { ...current.metadata!.annotations, [SELECTED_NODE]: choice.selectedNode };
        };
        await objects.update(persistentVolumeClaims, namespace, claimName, select, writer);
      }
    }
    const expected = volumes.map((choice): Expected => {
      const name = choice.claim.slice(choice.claim.indexOf('/') + 1);
      return 'volume' in choice ? { name } : { name, selectedNode: choice.selectedNode };
    });
    await claimsSettled(context, namespace ?? '', expected, CLAIM_TIMEOUT_MS, signal).catch((error: unknown) => {
      if (error instanceof Unsettled)
        events.record({ about: pod, type: 'Warning', reason: 'FailedScheduling', message: error.message, component });
      throw error;
    });
    // That may have taken minutes.
    if (!context.cache.get(nodes, undefined, nodeName))
      throw conflict(pods, metaOf(pod).name ?? '', `node "${nodeName}", where it was to go, is gone`);
  }

  return {
    async bind(decision) {
      const { pod, nodeName } = decision;
      const { namespace, name = '' } = metaOf(pod);
      if (decision.volumes.length > 0) await bindClaims(decision);
      await new Promise<void>((resolve, reject) =>
        binder.bind([{ pod, nodeName }], (_, error) => (error ? reject(error) : resolve())),
      );
      const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
      events.record({ about: pod, type: 'Normal', reason: 'Scheduled', message, component });
    },
    async evict({ pod, preemptor, nodeName }) {
      const { namespace, name = '', uid } = metaOf(pod);
      const by = `${metaOf(preemptor).namespace}/${metaOf(preemptor).name}`;
      const message = `${component}: preempting to accommodate a higher priority pod`;
      await updateStatus(pod, (current) =>
        setCondition(
          current,
          { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message },
          clock.now(),
        ),
      );
      await objects.delete(pods, namespace, name, writer, { preconditions: { uid } }).catch(unlessGone);
      const note = `Preempted by ${by} on node ${nodeName}`;
      events.record({ about: pod, type: 'Normal', reason: 'Preempted', message: note, component });
    },
    async nominate({ pod, nodeName }) {
      await updateStatus(pod, (current) => {
        if (current.spec?.nodeName) return;
        current.status = { ...current.status, nominatedNodeName: nodeName };
      });
    },
    async explain({ pod, message }) {
      events.record({ about: pod, type: 'Warning', reason: 'FailedScheduling', message, component });
      await updateStatus(pod, (current) => {
        if (current.spec?.nodeName) return;
        setCondition(current, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }, clock.now());
      });
    },
    async group({ namespace, group, phase, message }) {
      const isOurs = group.apiGroup === POD_GROUP_API_GROUP;
      const found = context.cache.get<ApiObject>(isOurs ? podGroups : xPodGroups, namespace, group.name);
      if (!found) return;
      const type = phase === 'Scheduled' ? 'Normal' : 'Warning';
      events.record({ about: found, type, reason: `Gang${phase}`, message, component });
      // Theirs has no conditions.
      if (!isOurs) return;
      const { uid, generation: observedGeneration } = metaOf(found);
      const status = phase === 'Scheduled' ? 'True' : 'False';
      const condition = { type: 'Scheduled', status, reason: phase, message, observedGeneration } as const;
      const change = (current: PodGroup) => setCondition(current, condition, clock.now());
      const options = { part: 'status', preconditions: { uid } } as const;
      await objects.update(podGroups, namespace, group.name, change, writer, options).catch(unlessGone);
    },
  };
}

interface NewCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number | undefined;
}

function setCondition(pod: Pod | PodGroup, condition: NewCondition, nowMs: number): void {
  const others = pod.status?.conditions?.filter(({ type }) => type !== condition.type) ?? [];
  const before = pod.status?.conditions?.find(({ type }) => type === condition.type);
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : timestamp(nowMs);
  pod.status = { ...pod.status, conditions: [...others, { ...condition, lastTransitionTime }] };
}

/** The volume tied to the claim; the volume binding controller does the rest. Refuses one that somebody else has got. */
function keep(volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  if (!isKeptFor(volume, claim) && !isFree(volume))
    throw conflict(persistentVolumes, metaOf(volume).name ?? '', 'the volume is bound to another claim');
  keepVolumeFor(volume, claim);
}

/** Nobody is left to be told. */
function unlessGone(error: unknown): void {
  if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
}
