import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Pod, pods } from '../../api/core/pod.ts';
import { storePrefix } from '../../api/meta/definition.ts';
import { leaderKey } from '../../master/leadership.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import type { Revision, Store, WatchEvent } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { TestCell } from '../cell.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';
import { eventually } from '../eventually.ts';
import { RawApi } from '../raw-api.ts';

/** Nodes without agents, with room for so many pods. */
const NODES = 50;
const ROOM = 60;
const PLACES = NODES * ROOM;
/** More than there are places, so that any place that is given twice is one pod too many. */
const OLD = PLACES + 100;
const [LATE, LATER] = ['late', 'later'];
const PODS = storePrefix(pods);
const KEY = leaderKey('scheduler');
/** A silent leader stays leader for 2 s; what comes after has a busy machine. */
const SUCCESSION_MS = 40_000;

interface TermSeen {
  readonly identity: string;
  binds: number;
}

/** Reads along in the store: who leads, which pod is where. Each bind counts for the term in which it was committed. */
class Ledger {
  readonly terms: TermSeen[] = [];
  readonly nodeOf = new Map<string, string>();
  readonly #count = new Map<string, number>();
  /** Places that were taken without a leader, or beyond a node's room. */
  readonly faults: string[] = [];
  onBind: () => void = () => undefined;
  #isLed = false;

  get bound(): number {
    return this.nodeOf.size;
  }

  get leader(): string | undefined {
    return this.#isLed ? this.terms.at(-1)?.identity : undefined;
  }

  bindsOf(identity: string): number {
    return this.terms.reduce((sum, term) => sum + (term.identity === identity ? term.binds : 0), 0);
  }

  note(event: WatchEvent): void {
    const key = event.type === 'put' ? event.value.key : event.key;
    if (key === KEY) this.#noteLeader(event);
    else if (event.type === 'delete') this.#left(key);
    else this.#noteNode(key, (JSON.parse(event.value.value) as Pod).spec?.nodeName, event.value.modRevision);
  }

  #noteLeader(event: WatchEvent): void {
    this.#isLed = event.type === 'put';
    if (event.type === 'put') this.terms.push({ identity: event.value.value, binds: 0 });
  }

  #noteNode(key: string, nodeName: string | undefined, revision: Revision): void {
    if (!nodeName || this.nodeOf.has(key)) return;
    this.nodeOf.set(key, nodeName);
    const count = (this.#count.get(nodeName) ?? 0) + 1;
    this.#count.set(nodeName, count);
    if (count > ROOM) this.faults.push(`${key} is number ${count} on ${nodeName} at ${revision}`);
    const term = this.terms.at(-1);
    if (this.#isLed && term) term.binds++;
    else this.faults.push(`${key} was bound at ${revision}, when nobody led`);
    this.onBind();
  }

  #left(key: string): void {
    const nodeName = this.nodeOf.get(key);
    if (!nodeName) return;
    this.nodeOf.delete(key);
    this.#count.set(nodeName, this.#count.get(nodeName)! - 1);
  }
}

describe('two masters on one etcd', () => {
  let etcd: TestEtcd;
  let store: Store;
  const cells: TestCell[] = [];
  const apis: RawApi[] = [];
  const identities: string[] = [];
  const ledger = new Ledger();

  const startMaster = async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    // Nobody speaks for the nodes.
    const masterArgs = ['--node-grace', '3600'];
    const cell = await TestCell.create({ ...options, etcdEndpoints: String(etcd.endpoints), masterArgs });
    cells.push(cell);
    await cell.startMaster();
    apis.push(await RawApi.of(cell.kubeconfig));
    identities.push((await readFile(`${cell.masterDir}/master-id`, 'utf8')).trim());
  };
  const succeeded = async (sending: ReturnType<RawApi['send']>) => {
    const answer = await sending;
    if (answer.code >= 300) throw new Error(answer.text);
    return answer;
  };
  const createNode = async (name: string) => {
    const amounts = { cpu: '100', memory: '100Gi', pods: String(ROOM) };
    const status = { capacity: amounts, allocatable: amounts, conditions: [{ type: 'Ready', status: 'True' }] };
    await succeeded(apis[0]!.post('/api/v1/nodes', { metadata: { name } }));
    const path = `/api/v1/nodes/${name}/status`;
    await succeeded(apis[0]!.patch(path, 'application/merge-patch+json', { status }));
  };
  const createPods = async (api: RawApi, kin: string, count: number, spec: object) => {
    const containers = [{ name: 'main', image: 'none' }];
    const made = Array.from({ length: count }, (_, index) =>
      succeeded(
        api.post('/api/v1/namespaces/default/pods', {
          metadata: { name: `${kin}-${index}` },
          spec: { containers, ...spec },
        }),
      ),
    );
    await Promise.all(made);
  };
  const deletePods = async (api: RawApi, names: string[]) => {
    const options = { body: { gracePeriodSeconds: 0 } };
    await Promise.all(
      names.map((name) => succeeded(api.send('DELETE', `/api/v1/namespaces/default/pods/${name}`, options))),
    );
  };
  const boundNames = () => [...ledger.nodeOf.keys()].map((key) => key.split('/').at(-1)!);
  /** What the master itself has counted. */
  const bindsCounted = async (api: RawApi) => {
    const { text } = await api.get('/metrics');
    return Number(/^scheduler_schedule_attempts_total\{result="scheduled"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  const stateOf = async (api: RawApi, name: string) =>
    (await api.get(`/api/v1/namespaces/default/pods/${name}/placement`)).json<{ status: { state: string } }>().status
      .state;

  beforeAll(async () => {
    etcd = await startEtcd();
    store = await openEtcdStore({ endpoints: etcd.endpoints, clock: systemClock, log: silentLogger });
    const lost = (reason: Error) => ledger.faults.push(`the store was lost from sight: ${reason.message}`);
    const told = (events: readonly WatchEvent[]) => {
      for (const event of events) if (event.type === 'delete' || isOfInterest(event.value.key)) ledger.note(event);
    };
    // One watch, so that binds and changes of leader come in the order in which they happened.
    store.watch('/', await store.revision(), { events: told, lost });
    await startMaster();
    await eventually('the first to lead', () => ledger.leader === identities[0]);
    await startMaster();
  });

  afterAll(async () => {
    for (const api of apis) api.close();
    for (const { master } of cells) {
      master?.child.kill('SIGCONT');
      await master?.end();
    }
    await store?.close();
    await etcd?.stop();
    for (const { directory } of cells) await rm(directory, { recursive: true, force: true });
  });

  test('one that is paused in the midst of binding finds, when it goes on, that it may bind no more', async () => {
    const [first, second] = apis as [RawApi, RawApi];
    await Promise.all(Array.from({ length: NODES }, (_, index) => createNode(`n${index}`)));
    const preemptionPolicy = 'Never';
    const urgent = { metadata: { name: 'urgent' }, value: 1000, preemptionPolicy };
    await succeeded(first.post('/apis/scheduling.k8s.io/v1/priorityclasses', urgent));
    await createPods(first, 'old', OLD, { schedulerName: LATE });
    await createPods(first, 'urgent', PLACES, { priorityClassName: 'urgent', schedulerName: LATER });
    expect(ledger.bound).toBe(0);

    ledger.onBind = () => {
      cells[0]!.master!.child.kill('SIGSTOP');
      ledger.onBind = () => undefined;
    };
    // From here on all of them may be placed, and are decided on together.
    const open = (schedulerName: string) => {
      const profiles = [{ op: 'add', path: '/spec/profiles/-', value: { schedulerName } }];
      const policy = '/apis/stowage.dev/v1/schedulingpolicies/default';
      return succeeded(second.patch(policy, 'application/json-patch+json', profiles));
    };
    await open(LATE);
    await eventually('the first bind', () => ledger.bound > 0).catch(async (error: Error) => {
      throw new Error(`${error.message}; ${(await first.get('/api/v1/namespaces/default/pods/old-0/placement')).text}`);
    });
    // They come first with whoever leads next, so that the places go to others than the first had in mind.
    await open(LATER);
    expect(ledger.leader).toBe(identities[0]);
    const boundByFirst = ledger.bound;
    expect(boundByFirst).toBeGreaterThan(0);
    expect(boundByFirst).toBeLessThan(PLACES);

    await eventually('the second to lead', () => ledger.leader === identities[1], SUCCESSION_MS);
    await eventually('all places to be taken', () => ledger.bound === PLACES, SUCCESSION_MS);
    expect(boundNames().filter((name) => name.startsWith('urgent'))).toHaveLength(PLACES - boundByFirst);

    cells[0]!.master!.child.kill('SIGCONT');
    // It has dealt with all that it had under way once it knows better than to call these placed.
    const waiting = Array.from({ length: OLD }, (_, index) => `old-${index}`).filter(
      (name) => !ledger.nodeOf.has(`${PODS}default/${name}`),
    );
    await eventually(
      'the first to know its place',
      async () => {
        if (ledger.faults.length > 0) return true;
        for (const name of waiting) if ((await stateOf(first, name)) === 'placed') return false;
        return true;
      },
      SUCCESSION_MS,
    );
    expect(ledger.faults).toEqual([]);
    expect(ledger.bound).toBe(PLACES);
    expect(ledger.terms.map(({ identity }) => identity)).toEqual(identities);
    expect(ledger.bindsOf(identities[0]!)).toBe(boundByFirst);
    expect(await bindsCounted(second)).toBe(PLACES - boundByFirst);
  });

  test('they take turns, and both know what the other did', async () => {
    const [first, second] = apis as [RawApi, RawApi];
    await deletePods(first, boundNames().slice(0, 30));
    await eventually('the second to fill the gaps', () => ledger.bound === PLACES);
    await cells[1]!.master!.end();
    await eventually('the first to lead again', () => ledger.leader === identities[0]);
    second.close();
    await deletePods(first, boundNames().slice(0, 30));
    await eventually('the first to fill the gaps', () => ledger.bound === PLACES);
    expect(ledger.terms.map(({ identity }) => identity)).toEqual([identities[0], identities[1], identities[0]]);
    expect(ledger.terms.at(-1)?.binds).toBe(30);
    expect(ledger.faults).toEqual([]);
  });
});

const isOfInterest = (key: string): boolean => key === KEY || key.startsWith(PODS);
