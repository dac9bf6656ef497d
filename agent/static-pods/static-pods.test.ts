import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isMirror } from '../../api/core/mirror-pod.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../platform/rng.ts';
import { type Pod, podKey } from '../pod-types.ts';
import { readManifest } from './manifest.ts';
import { ManifestDirectory } from './manifest-directory.ts';
import { Mirrors, planMirrors } from './mirrors.ts';
import { fromApi, fullName, isStatic, mirrorOf } from './static-pod.ts';
import { StaticPods } from './static-pods.ts';

const TIME = Date.parse('2030-01-01T00:00:00Z');
const text = (name: string, spec: object = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'a:1' }], ...spec },
  });
const read = (written: string, file = 'web.yaml') => readManifest(written, file, 'n1', TIME);
const podIn = (written: string, file?: string): Pod => {
  const found = read(written, file);
  if (!found.ok) throw new Error(found.fault);
  return found.pod;
};

describe('a manifest', () => {
  test('is the pod of its node', () => {
    const pod = podIn(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: main, image: "a:1"}]\n',
    );
    expect(pod.metadata).toMatchObject({
      name: 'web-n1',
      namespace: 'default',
      uid: expect.stringMatching(/^[0-9a-f]{32}$/),
      annotations: { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.hash': pod.metadata?.uid },
    });
    expect(pod.spec).toMatchObject({ nodeName: 'n1', restartPolicy: 'Always', terminationGracePeriodSeconds: 30 });
    expect(pod.spec?.tolerations).toEqual([{ operator: 'Exists', effect: 'NoExecute' }]);
    expect([isStatic(pod), isMirror(pod)]).toEqual([true, false]);
  });

  test('says who it is by what is written and where', () => {
    const uid = (written: string, file?: string) => podIn(written, file).metadata?.uid;
    expect(uid(text('web'))).toBe(uid(`${text('web')}  `));
    expect(uid(text('web'))).not.toBe(uid(text('web', { hostNetwork: true })));
    expect(uid(text('web'))).not.toBe(uid(text('web'), 'other.yaml'));
  });

  test('of a class of the system is as important as that', () => {
    expect(podIn(text('web', { priorityClassName: 'system-node-critical' })).spec?.priority).toBe(2_000_001_000);
  });

  test('is told from a pod of the API that says it came from a file', () => {
    const claimed: Pod = { metadata: { annotations: { 'kubernetes.io/config.source': 'file', a: 'b' } } };
    expect(isStatic(fromApi(claimed))).toBe(false);
    expect(fromApi(claimed).metadata?.annotations).toEqual({ 'kubernetes.io/config.source': 'api', a: 'b' });
    const plain: Pod = { metadata: { name: 'x' } };
    expect(fromApi(plain)).toBe(plain);
  });

  const env = (valueFrom: object) => ({
    containers: [{ name: 'main', image: 'a:1', env: [{ name: 'A', valueFrom }] }],
  });
  const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
  test.each<[string, string, RegExp]>([
    ['nothing', '', /it holds 0 documents/],
    ['two pods', `${text('a')}\n---\n${text('b')}`, /it holds 2 documents; it must hold one Pod/],
    ['nonsense', 'a: [', /./],
    ['another kind', 'kind: Service\napiVersion: v1', /a Service of v1; it must hold a Pod of v1/],
    ['no name', text(''), /metadata.name: Required value/],
    ['no image', text('a', { containers: [{ name: 'main' }] }), /image: Required value/],
    ['a name that is none', text('A_b'), /metadata.name/],
    ['an account', text('a', { serviceAccountName: 'robot' }), /refers to the ServiceAccount "robot"/],
    ['a map', text('a', env({ configMapKeyRef: { name: 'm', key: 'k' } })), /the ConfigMap "m"/],
    ['a secret', text('a', volume({ secret: { secretName: 's' } })), /the Secret "s"/],
    ['a pull secret', text('a', { imagePullSecrets: [{ name: 'hub' }] }), /the Secret "hub"/],
    ['a claim', text('a', volume({ persistentVolumeClaim: { claimName: 'c' } })), /PersistentVolumeClaim "c"/],
    [
      'a token',
      text('a', volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } })),
      /ServiceAccount/,
    ],
  ])('with %s is refused', (_what, written, fault) => {
    const found = read(written);
    expect(found.ok ? '' : found.fault).toMatch(fault);
  });

  test('with fields that nobody knows is taken without them', () => {
    expect(read(text('a', { imagee: 'x' }))).toMatchObject({ ok: true, unknown: ['spec.imagee'] });
  });
});

describe('files and pods', () => {
  /** The node's pods as a map; what is asked of them is done when the test says so. */
  function scene() {
    const here = new Map<string, { pod: Pod; ending: boolean }>();
    const told: string[] = [];
    const pods = {
      staticPods: () => here.values(),
      runStatic: (pod: Pod) => void here.set(podKey(pod).uid, { pod, ending: false }),
      endStatic: (uid: string) => {
        const found = here.get(uid);
        if (found) here.set(uid, { ...found, ending: true });
      },
    };
    const manifests = { directory: '/nowhere', read: readManifest };
    const ground = { clock: new ManualClock(), log: silentLogger };
    const statics = new StaticPods({ manifests, nodeName: 'n1', pods, faulty: (one) => told.push(one), ...ground });
    const take = (files: Record<string, string>) => statics.take(new Map(Object.entries(files)));
    const gone = (name: string) => {
      for (const [uid, { pod, ending }] of here) if (ending && fullName(pod) === name) here.delete(uid);
      statics.settle();
    };
    const state = () => [...here.values()].map(({ pod, ending }) => `${podKey(pod).name}${ending ? ' ends' : ''}`);
    return { take, gone, state, told, here };
  }

  test('another text is another pod, which waits for the first to go', () => {
    const { take, gone, state, here } = scene();
    take({ 'a.yaml': text('web') });
    const [first] = here.keys();
    take({ 'a.yaml': text('web', { hostNetwork: true }) });
    expect(state()).toEqual(['web-n1 ends']);
    gone('default/web-n1');
    expect(state()).toEqual(['web-n1']);
    expect([...here.keys()]).not.toEqual([first]);
  });

  test('a file that came back is run anew, once what it was has gone', () => {
    const { take, gone, state } = scene();
    take({ 'a.yaml': text('web') });
    take({});
    take({ 'a.yaml': text('web') });
    expect(state()).toEqual(['web-n1 ends']);
    gone('default/web-n1');
    expect(state()).toEqual(['web-n1']);
  });

  test('a file that turns bad changes nothing, and is told of once', () => {
    const { take, state, told } = scene();
    take({ 'a.yaml': text('web'), 'b.yaml': 'a: [' });
    take({ 'a.yaml': 'a: [', 'b.yaml': 'a: [' });
    expect(state()).toEqual(['web-n1']);
    expect(told.map((one) => one.slice(0, 15))).toEqual(['manifest b.yaml', 'manifest a.yaml']);
  });

  test('two files of one pod are one too many', () => {
    const { take, state, told } = scene();
    take({ 'a.yaml': text('web'), 'b.yaml': text('web', { hostNetwork: true }) });
    expect(state()).toEqual(['web-n1']);
    expect(told).toEqual(['manifest b.yaml cannot be used: it describes default/web-n1, as a.yaml does']);
  });
});

describe('pictures', () => {
  const pod = podIn(text('web'));
  const uid = podKey(pod).uid;
  const picture = (change: (mirror: Pod) => void = () => {}): Pod => {
    const made = mirrorOf(pod, 'n1', 'node-uid');
    const mirror: Pod = { ...made, metadata: { ...made.metadata, uid: 'm1' }, status: { phase: 'Running' } };
    change(mirror);
    return mirror;
  };
  const plan = (wanted: Pod[], seen: Pod[], over = false) =>
    planMirrors(
      new Map(wanted.map((one) => [fullName(one), one])),
      new Map(seen.map((one) => [fullName(one), one])),
      () => over,
    ).map(({ type }) => type);

  test.each<[string, Pod[], Pod[], string[]]>([
    ['one that is missing is made', [pod], [], ['make']],
    ['one that is right stays', [pod], [picture()], []],
    ['one of nothing goes', [], [picture()], ['remove']],
    [
      'one that is being deleted goes at once',
      [pod],
      [picture((m) => (m.metadata!.deletionTimestamp = 'now'))],
      ['remove'],
    ],
    [
      'one of another text goes',
      [pod],
      [picture((m) => (m.metadata!.annotations!['kubernetes.io/config.mirror'] = 'x'))],
      ['remove'],
    ],
    ['one that somebody declared over goes', [pod], [picture((m) => (m.status = { phase: 'Failed' }))], ['remove']],
  ])('%s', (_what, wanted, seen, steps) => {
    expect(plan(wanted, seen)).toEqual(steps);
  });

  test('one of a pod that is over stays', () => {
    expect(plan([pod], [picture((mirror) => (mirror.status = { phase: 'Succeeded' }))], true)).toEqual([]);
  });

  /** The API of pods, as far as nodes use it; while it is away nobody answers. */
  function api() {
    const objects = new Map<string, Pod>();
    const state = { away: false, made: 0 };
    const shown: string[] = [];
    const answer = (code: number, value: object = {}) => ({ code, text: '', value: value as Record<string, unknown> });
    const clock = new ManualClock();
    const mirrors = new Mirrors({
      nodeName: 'n1',
      async ask(path, body, method) {
        if (state.away) throw new Error('away');
        if (method === 'GET') return answer(200, { metadata: { uid: 'node-uid' } });
        if (method === 'DELETE') {
          const name = path.replace(/^.*namespaces\/(.*)\/pods\/(.*)$/, '$1/$2');
          return answer(objects.delete(name) ? 200 : 404);
        }
        const made = body as Pod;
        state.made += 1;
        const object = { ...made, metadata: { ...made.metadata, uid: `m${state.made}` } };
        objects.set(fullName(object), object);
        return answer(201, object);
      },
      shown: (of) => shown.push(of),
      isOver: () => false,
      ...{ clock, rng: seededRng(1), log: silentLogger },
    });
    return { objects, state, shown, clock, mirrors };
  }

  test('a pod is shown once the master has said what there is, and again when it is back', async () => {
    const { objects, state, shown, clock, mirrors } = api();
    mirrors.keep(pod);
    await clock.advance(0);
    expect(objects.size).toBe(0);
    state.away = true;
    mirrors.complete(new Set());
    await clock.advance(0);
    state.away = false;
    await clock.advance(1_000);
    expect([...objects.keys()]).toEqual(['default/web-n1']);
    expect(shown).toEqual([uid]);
    expect(mirrors.pictureOf(pod)).toEqual({ namespace: 'default', name: 'web-n1', uid: 'm1' });
    expect(mirrors.subjectOf('m1')).toBe(uid);
    expect(mirrors.subjectOf('other')).toBeUndefined();
    mirrors.drop(pod);
    await clock.advance(0);
    expect(objects.size).toBe(0);
  });

  test('whatever is done to pictures, in the end there is one of each pod and no other', async () => {
    const others = ['a', 'b'].map((name) => podIn(text(name), `${name}.yaml`));
    const step = fc.tuple(fc.constantFrom('keep', 'drop', 'lose', 'mark', 'away', 'back'), fc.constantFrom(...others));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { objects, state, clock, mirrors } = api();
        const wanted = new Set<string>();
        mirrors.complete(new Set());
        for (const [what, one] of steps) {
          const name = fullName(one);
          const object = objects.get(name);
          if (what === 'keep') mirrors.keep(one);
          if (what === 'drop') mirrors.drop(one);
          if (what === 'keep') wanted.add(name);
          if (what === 'drop') wanted.delete(name);
          if (what === 'lose' && object && objects.delete(name)) mirrors.gone(podKey(object).uid);
          if (what === 'mark' && object)
            mirrors.see({ ...object, metadata: { ...object.metadata, deletionTimestamp: 'now' } });
          if (what === 'away' || what === 'back') state.away = what === 'away';
          await clock.advance(10);
        }
        state.away = false;
        await clock.advance(200_000);
        expect([...objects.keys()].sort()).toEqual([...wanted].sort());
        mirrors.stop();
      }),
      { numRuns: 60 },
    );
  });
});

describe('a directory', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'stowage-manifests-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));

  test('is read at the start and when something in it changes', async () => {
    await writeFile(join(path, 'a.yaml'), '1');
    for (const other of ['.b.yaml', 'c.txt', '.yaml']) await writeFile(join(path, other), 'no');
    const told: string[] = [];
    const changed = (files: ReadonlyMap<string, string>) => void told.push([...files].flat().join(' '));
    const directory = new ManifestDirectory({ path, changed, clock: systemClock, log: silentLogger });
    await directory.start();
    expect(told).toEqual(['a.yaml 1']);
    await writeFile(join(path, 'b.json'), '2');
    await expect.poll(() => told.at(-1), { timeout: 5_000 }).toBe('a.yaml 1 b.json 2');
    await rm(join(path, 'a.yaml'));
    await expect.poll(() => told.at(-1), { timeout: 5_000 }).toBe('b.json 2');
    await directory.stop();
  });

  test('that is not there is empty until it is', async () => {
    const told: number[] = [];
    const clock = new ManualClock();
    const nested = join(path, 'later');
    const changed = (files: ReadonlyMap<string, string>) => void told.push(files.size);
    const directory = new ManifestDirectory({ path: nested, changed, clock, log: silentLogger });
    await directory.start();
    expect(told).toEqual([0]);
    await mkdtemp(`${nested}-other`);
    await directory.stop();
    expect(clock.pending).toBe(0);
  });
});
