import { namespaces } from '../../../api/core/namespace.ts';
import { nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { decode } from '../../../api/meta/decode.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { equalJson } from '../../../api/meta/json.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { resources } from '../../../api/registry.ts';
import { AssignmentRouter } from '../../../master/agents/assignment-router.ts';
import { Gathering } from '../../../master/agents/gathering.ts';
import { AgentSession } from '../../../master/agents/session.ts';
import { UsageBook } from '../../../master/agents/usage.ts';
import { createObjects } from '../../../master/objects/create-objects.ts';
import { memoryStore } from '../../../master/store/memory.ts';
import { WatchCache } from '../../../master/store/watch-cache.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { seededRng } from '../../../platform/rng.ts';
import type { FromAgent, FromMaster, PodRef } from '../../../proto/messages.ts';

const user = { user: 'fuzz' };
const SOUND = JSON.stringify({ status: { capacity: { cpu: '2' }, conditions: [{ type: 'Ready', status: 'True' }] } });

/** A master in memory with one node's pod, to which agents may say what they like. */
export async function masterSide() {
  const clock = new ManualClock();
  const [log, metrics, rng] = [silentLogger, new Registry(), seededRng(1)];
  const store = memoryStore({ clock });
  const cache = new WatchCache({ store, resources, clock, log, metrics });
  await cache.start();
  const objects = createObjects({ store, cache, clock, rng, admission: [] });
  for (const name of ['default', 'kube-node-lease']) await objects.create(namespaces, { metadata: { name } }, user);
  const spec = { nodeName: 'a', containers: [{ name: 'c', image: 'i' }] };
  const made = await objects.create(
    pods,
    decode(pods, { metadata: { name: 'p', namespace: 'default' }, spec }).object,
    user,
  );
  const router = new AssignmentRouter(cache);
  router.start();
  const usage = new UsageBook();
  const known: PodRef = { namespace: 'default', name: 'p', uid: made.metadata?.uid ?? '' };
  const context = { cache, objects, events: { record() {} }, clock, rng, log, metrics };

  function session(sent: FromMaster[]): AgentSession {
    return new AgentSession({
      ...{ context, router, nodeName: 'a', cellId: 'cell', version: '1', heartbeatMs: 10_000 },
      ...{ renewals: new Gathering(clock, 100), greeted() {}, measured: (report) => usage.report('a', report) },
      link: { send: (message) => sent.push(message) > 0, onDrain() {}, refuse() {}, drop() {} },
    });
  }

  /** Says all of it in one session; afterwards a sound agent must be welcome, and what is kept must be as objects are. */
  async function hear(nodeJson: string, messages: readonly FromAgent[]): Promise<void> {
    await speak(nodeJson, messages);
    const sent = await speak(SOUND, []);
    if (!sent.some(({ message }) => message === 'welcome'))
      throw new TypeError('a sound agent is not welcomed any more');
    for (const node of cache.list(nodes)) refuseOdd(nodes, node);
    for (const pod of cache.list<Pod>(pods)) refuseOdd(pods, pod);
  }

  async function speak(nodeJson: string, messages: readonly FromAgent[]): Promise<FromMaster[]> {
    const sent: FromMaster[] = [];
    const one = session(sent);
    one.receive({ message: 'hello', hello: { nodeName: 'a', agentVersion: '1', nodeJson } });
    await clock.advance(0);
    for (const message of messages) one.receive(message);
    await clock.advance(1_000);
    one.end();
    return sent;
  }

  return { hear, known };
}

/** What the store keeps is read back as it is. */
function refuseOdd<T extends ApiObject>(resource: ResourceDefinition<T>, kept: T): void {
  const { object, unknown } = decode(resource, kept);
  if (unknown.length > 0) throw new TypeError(`kept though no schema has it: ${unknown}`);
  if (!equalJson(settled(object), settled(kept)))
    throw new TypeError(`kept, but read in another form: ${JSON.stringify(kept).slice(0, 400)}`);
}

/** Without empty maps and lists, which mean the same as none. */
const settled = (value: object): unknown =>
  JSON.parse(JSON.stringify(value), (_, item) =>
    typeof item === 'object' && item !== null && Object.keys(item).length === 0 ? undefined : item,
  ) ?? {};
