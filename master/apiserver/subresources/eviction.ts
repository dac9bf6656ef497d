import { conditionOf } from '../../../api/core/conditions.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { decodeWith } from '../../../api/meta/decode.ts';
import { badRequest, isApiError, notFound, type Status } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { matchesLabelSelector } from '../../../api/meta/selector.ts';
import { type Eviction, EvictionSchema } from '../../../api/policy/eviction.ts';
import { type PodDisruptionBudget, podDisruptionBudgets } from '../../../api/policy/pod-disruption-budget.ts';
import { timestamp } from '../../../platform/clock.ts';
import type { DeleteOptions, WriteContext } from '../../objects/objects.ts';
import { type Answer, statusAnswer } from '../answer.ts';
import { type ApiContext, nameIn, type ResourceCall, writerOf } from '../context.ts';
import { bodyOf, judgeUnknown, settleNamespace } from '../decode-object.ts';
import { deleteRequestOf } from '../delete-options.ts';
import { freshen } from '../freshness.ts';
import { writeQuery } from '../query-options.ts';
import { grantDisruption, hasEnded, isBeyondBudgets, obstacleOf, stillProcessed } from './disruption.ts';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction', plural: 'evictions' };
const VERSIONS = ['policy/v1', 'policy/v1beta1'];
/** Times that a pod may change under an eviction before its client is told to try again. */
const MAX_ATTEMPTS = 20;
/** Budgets are written by the server itself: who may evict need not have a right to them. */
const SERVER = 'system:apiserver';

interface Request {
  readonly writer: WriteContext;
  readonly options: DeleteOptions;
}

/** `POST pods/NAME/eviction`: deletes a pod unless that disrupted more than its budget allows ("API-initiated Eviction"). */
export async function evict(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const request = readRequest(call);
  const pinned = request.options.preconditions?.resourceVersion;
  for (let attempt = 1; ; attempt++) {
    try {
      return await evictOnce(context, call, request);
    } catch (error) {
      // The pod is another than the one that was judged: it is judged again, unless the client spoke of that one alone.
      if (!(error instanceof PodChanged)) throw error;
      if (pinned || attempt >= MAX_ATTEMPTS) throw error.cause;
    }
  }
}

function readRequest(call: ResourceCall): Request {
  const query = writeQuery(call.query);
  const body = bodyOf(call);
  const { object: eviction, unknown } = decodeWith(EvictionSchema, body, 'Eviction');
  call.warnings.push(...judgeUnknown(EVICTION, unknown, query.fieldValidation));
  requireEviction(eviction);
  settleNamespace(call, eviction);
  if (metaOf(eviction).name !== nameIn(call)) throw badRequest('name in URL does not match name in Eviction object');
  const { options, dryRun } = deleteRequestOf(eviction.deleteOptions ?? {});
  return { writer: writerOf(call, dryRun || query.dryRun), options };
}

function requireEviction({ apiVersion, kind }: Eviction): void {
  if (apiVersion && !VERSIONS.includes(apiVersion)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${VERSIONS.join(' or ')})`,
    );
  }
  if (kind && kind !== EVICTION.kind) throw badRequest(`the object provided is a ${kind}, not an ${EVICTION.kind}`);
}

async function evictOnce(context: ApiContext, call: ResourceCall, request: Request): Promise<Answer> {
  const { namespace = '' } = call.target;
  await freshen(context, undefined);
  const pod = context.cache.get(pods, namespace, nameIn(call));
  if (!pod) throw notFound(pods, nameIn(call));
  if (isBeyondBudgets(pod)) {
    await removePod(context, pod, request, !hasEnded(pod));
    return statusAnswer(SUCCESS, call.headers.accept);
  }
  const budgets = budgetsOf(context, pod);
  if (budgets.length > 1) return statusAnswer(SEVERAL_BUDGETS, call.headers.accept);
  const [budget] = budgets;
  const obstacle = obstacleOf(pod, budget);
  if (budget && obstacle === 'budget') await takeFrom(context, budget, pod, request);
  try {
    await removePod(context, pod, request, obstacle === 'unready');
  } catch (error) {
    // It may have become ready, and the budget's to protect.
    if (budget && error instanceof PodChanged && !request.options.preconditions?.resourceVersion) {
      throw stillProcessed(metaOf(budget).name ?? '');
    }
    throw error;
  }
  return statusAnswer(SUCCESS, call.headers.accept);
}

const SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
/** Nobody has said which of them would have to give way. */
const SEVERAL_BUDGETS: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  code: 500,
};

function budgetsOf({ cache }: ApiContext, pod: Pod): PodDisruptionBudget[] {
  const { namespace, labels } = metaOf(pod);
  return cache.list(podDisruptionBudgets, namespace).filter(({ spec }) => matchesLabelSelector(spec?.selector, labels));
}

/** Compared with what is stored, so that two evictions at once never take the same disruption. */
async function takeFrom({ objects, clock }: ApiContext, budget: PodDisruptionBudget, pod: Pod, { writer }: Request) {
  const { namespace, name = '' } = metaOf(budget);
  const take = (current: PodDisruptionBudget) => {
    current.status = grantDisruption(current, metaOf(pod).name ?? '', timestamp(clock.now()));
  };
  const server = { user: SERVER, dryRun: writer.dryRun };
  await objects.update(podDisruptionBudgets, namespace, name, take, server, { part: 'status' });
}

/** The pod is not as it was when it was judged. */
class PodChanged extends Error {
  override readonly name = 'PodChanged';
}

/** `asJudged`: only if nothing has changed of the pod since it was read; else throws {@link PodChanged}. */
async function removePod({ objects, clock }: ApiContext, pod: Pod, request: Request, asJudged: boolean): Promise<void> {
  const { writer, options } = request;
  const { namespace, name = '', resourceVersion } = metaOf(pod);
  const preconditions = { ...(asJudged && { resourceVersion }), ...options.preconditions };
  try {
    const marked = writer.dryRun ? pod : await markDisrupted();
    // The mark is our own change: what held of the pod before it holds now.
    const pin = preconditions.resourceVersion && { resourceVersion: metaOf(marked).resourceVersion };
    const held = writer.dryRun ? preconditions : { ...preconditions, ...pin };
    await objects.delete(pods, namespace, name, writer, { ...options, preconditions: held });
  } catch (error) {
    if (asJudged && isApiError(error, 'Conflict')) throw new PodChanged('the pod has changed', { cause: error });
    throw error;
  }

  function markDisrupted(): Promise<Pod> {
    const now = timestamp(clock.now());
    return objects.update(pods, namespace, name, (current) => setDisrupted(current, now), writer, {
      part: 'status',
      preconditions,
    });
  }
}

/** Tells whoever looks at the pod, or has to make up for it, why it went. */
function setDisrupted(pod: Pod, now: string): void {
  const conditions = pod.status?.conditions ?? [];
  const before = conditionOf(conditions, 'DisruptionTarget');
  const lastTransitionTime = before?.status === 'True' ? before.lastTransitionTime : now;
  const [reason, message] = ['EvictionByEvictionAPI', 'Eviction API: evicting'];
  const mark = { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime } as const;
  pod.status = { ...pod.status, conditions: [...conditions.filter(({ type }) => type !== mark.type), mark] };
}
