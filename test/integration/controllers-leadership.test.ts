import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { pods } from '../../api/core/pod.ts';
import { storePrefix } from '../../api/meta/definition.ts';
import { leaderKey } from '../../master/leadership.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import type { Store, WatchEvent } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { TestCell } from '../cell.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';
import { eventually } from '../eventually.ts';
import { RawApi } from '../raw-api.ts';

const KEY = leaderKey('controllers');
const PODS = `${storePrefix(pods)}default/`;
/** More than one pass makes, so that a leader can be stopped in the midst of it. */
const REPLICAS = 1_500;
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const MERGE = 'application/merge-patch+json';
/** A silent leader has a successor after 2 s; what comes after has a busy machine. */
const SUCCESSION_MS = 30_000;

/** Reads along in the store: who leads, and which pods are made and removed. */
class Ledger {
  readonly leaders: string[] = [];
  readonly present = new Set<string>();
  made = 0;
  /** What was made while nobody led. */
  readonly faults: string[] = [];
  onMade: () => void = () => undefined;
  #isLed = false;

  get leader(): string | undefined {
    return this.#isLed ? this.leaders.at(-1) : undefined;
  }

  note(event: WatchEvent): void {
    const key = event.type === 'put' ? event.value.key : event.key;
    if (key === KEY) {
      this.#isLed = event.type === 'put';
      if (event.type === 'put') this.leaders.push(event.value.value);
    } else if (event.type === 'delete') {
      this.present.delete(key);
    } else if (key.startsWith(PODS) && !this.present.has(key)) {
      this.present.add(key);
      this.made++;
      if (!this.#isLed) this.faults.push(`${key} was made at ${event.value.modRevision}, when nobody led`);
      this.onMade();
    }
  }
}

describe('the controllers of two masters on one etcd', () => {
  let etcd: TestEtcd;
  let store: Store;
  const cells: TestCell[] = [];
  const apis: RawApi[] = [];
  const identities: string[] = [];
  const ledger = new Ledger();

  const startMaster = async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    const cell = await TestCell.create({ ...options, etcdEndpoints: String(etcd.endpoints) });
    cells.push(cell);
    await cell.startMaster();
    apis.push(await RawApi.of(cell.kubeconfig));
    identities.push((await readFile(`${cell.masterDir}/master-id`, 'utf8')).trim());
  };
  const succeeded = async (sending: ReturnType<RawApi['send']>) => {
    const answer = await sending;
    if (answer.code >= 300) throw new Error(answer.text);
  };
  const create = (api: RawApi, replicas: number) => {
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } };
    const spec = { replicas, selector: { matchLabels: labels }, template };
    return succeeded(api.post(DEPLOYMENTS, { metadata: { name: 'web' }, spec }));
  };
  const scale = (api: RawApi, replicas: number) =>
    succeeded(api.patch(`${DEPLOYMENTS}/web`, MERGE, { spec: { replicas } }));
  const errors = async (api: RawApi) => {
    const { text } = await api.get('/metrics');
    return text.split('\n').filter((line) => line.startsWith('stowage_controller_errors_total{'));
  };
  const signal = (index: number, name: NodeJS.Signals) => cells[index]!.master!.child.kill(name);

  beforeAll(async () => {
    etcd = await startEtcd();
    store = await openEtcdStore({ endpoints: etcd.endpoints, clock: systemClock, log: silentLogger });
    const lost = (reason: Error) => ledger.faults.push(`the store was lost from sight: ${reason.message}`);
    const told = (events: readonly WatchEvent[]) => {
      for (const event of events) ledger.note(event);
    };
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

  test('one that is paused in the midst of its work finds, when it goes on, that it may write no more', async () => {
    const [first, second] = apis as [RawApi, RawApi];
    ledger.onMade = () => {
      signal(0, 'SIGSTOP');
      ledger.onMade = () => undefined;
    };
    await create(second, REPLICAS);
    await eventually('the second to lead', () => ledger.leader === identities[1], SUCCESSION_MS);
    await eventually('all pods', () => ledger.present.size === REPLICAS, SUCCESSION_MS);
    signal(0, 'SIGCONT');
    await scale(second, REPLICAS + 1);
    await eventually('one more', () => ledger.present.size === REPLICAS + 1);
    // Whatever the first had under way has been answered by now: it knows of the newest pod.
    await eventually('the first to see it', async () => {
      const { text } = await first.get(`${DEPLOYMENTS}/web`);
      return JSON.parse(text).status.replicas === REPLICAS + 1;
    });
    expect([ledger.made, ledger.faults, ledger.leaders]).toEqual([REPLICAS + 1, [], identities]);
    expect(await errors(first)).toEqual([]);
  });

  test('one that is killed has a successor, which goes on where it was', async () => {
    const [first] = apis as [RawApi];
    ledger.onMade = () => {
      signal(1, 'SIGKILL');
      ledger.onMade = () => undefined;
    };
    await scale(first, 2 * REPLICAS);
    await eventually('the first to lead', () => ledger.leader === identities[0], SUCCESSION_MS);
    await eventually('all pods', () => ledger.present.size === 2 * REPLICAS, SUCCESSION_MS);
    expect([ledger.made, ledger.faults]).toEqual([2 * REPLICAS, []]);
  });

  test('one that stops gives way at once', async () => {
    const again = cells[1]!;
    await again.startMaster();
    await cells[0]!.master!.end();
    await eventually('the second to lead', () => ledger.leader === identities[1]);
    const api = await RawApi.of(again.kubeconfig);
    apis.push(api);
    await scale(api, 0);
    await eventually('no pod to be left', () => ledger.present.size === 0, SUCCESSION_MS);
    expect(ledger.faults).toEqual([]);
  });
});
