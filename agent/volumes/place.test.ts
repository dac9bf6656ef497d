import { describe, expect, test } from 'vitest';
import { container, podOf } from '../plan/transcript.fixture.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Sources, Volume } from '../pod-types.ts';
import { memoryVolume } from './memory.ts';
import { placeOf } from './place.ts';

const MIB = 1024 ** 2;
const pod = podOf({ containers: [container('app')] });
const claimRef = { namespace: 'default', name: 'data', uid: 'c' };
const claim: PersistentVolumeClaim = {
  metadata: { namespace: 'default', name: 'data', uid: 'c' },
  spec: { volumeName: 'v' },
  status: { phase: 'Bound' },
};
const sourcesOf = (found?: PersistentVolumeClaim, volume?: PersistentVolume['spec']): Sources => ({
  configMap: () => undefined,
  secret: () => undefined,
  claim: (name) => (name === found?.metadata?.name ? found : undefined),
  persistentVolume: (name) =>
    volume && name === 'v' ? { metadata: { name: 'v' }, spec: { claimRef, ...volume } } : undefined,
});
const place = (volume: Partial<Volume>, sources = sourcesOf(), of: Pod = pod) =>
  placeOf({ name: 'x', ...volume }, { pod: of, podDir: '/p', allocatable: { memoryBytes: 64 * MIB } }, sources);
const claimed = { persistentVolumeClaim: { claimName: 'data' } };
const name = `stowage_${pod.metadata?.uid}_x`;

describe('where a volume is', () => {
  test.each<[string, Partial<Volume>, ReturnType<typeof place>]>([
    ['on disk', { emptyDir: {} }, { place: { kind: 'own', path: '/p/volumes/x', shown: false }, readOnly: false }],
    ['shown', { configMap: {} }, { place: { kind: 'own', path: '/p/volumes/x', shown: true }, readOnly: true }],
    [
      'of the machine',
      { hostPath: { path: '/h' } },
      { place: { kind: 'host', path: '/h', type: '' }, readOnly: false },
    ],
    [
      'of a server',
      { nfs: { server: 's', path: '/e', readOnly: true } },
      {
        place: { kind: 'engine', name, made: { kind: 'nfs', server: 's', path: '/e', options: ['nfsvers=4', 'ro'] } },
        readOnly: true,
      },
    ],
    [
      'a named volume of its namespace',
      { csi: { driver: 'docker.volumes.stowage.dev', volumeAttributes: { name: 'mine' } } },
      { place: { kind: 'engine', name: 'default.mine' }, readOnly: false },
    ],
  ])('%s', (_, volume, expected) => {
    expect(place(volume)).toEqual(expected);
  });

  test.each<[string, PersistentVolume['spec'], object]>([
    [
      'a path',
      { hostPath: { path: '/h', type: 'Directory' } },
      { kind: 'host', path: '/h', type: 'Directory', open: false },
    ],
    ['local', { local: { path: '/l' } }, { kind: 'local', path: '/l', volume: 'v' }],
    ['a disk', { local: { path: '/dev/x' }, volumeMode: 'Block' }, { kind: 'device', path: '/dev/x', volume: 'v' }],
    [
      'of a server, with options',
      { nfs: { server: 's', path: '/e' }, mountOptions: ['vers=3', 'nolock'] },
      { kind: 'engine', name, made: { kind: 'nfs', server: 's', path: '/e', options: ['vers=3', 'nolock'] } },
    ],
    [
      'a named volume',
      { csi: { driver: 'docker.volumes.stowage.dev', volumeHandle: 'mine' } },
      { kind: 'engine', name: 'mine' },
    ],
  ])('a claim has got: %s', (_, volume, expected) => {
    expect(place(claimed, sourcesOf(claim, volume))).toEqual({ place: expected, readOnly: false });
  });

  test('a claim may be used for reading only', () => {
    const readOnly = { persistentVolumeClaim: { claimName: 'data', readOnly: true } };
    expect(place(readOnly, sourcesOf(claim, { local: { path: '/l' } })).readOnly).toBe(true);
  });

  const local = { local: { path: '/l' } };
  test.each<[string, Partial<Volume>, Sources, string]>([
    ['no claim', claimed, sourcesOf(), 'persistentvolumeclaim "data" not found'],
    [
      'an unbound claim',
      claimed,
      sourcesOf({ ...claim, status: { phase: 'Pending' } }, local),
      'is not bound to a volume yet',
    ],
    ['no volume', claimed, sourcesOf(claim), 'persistentvolume "v" of persistentvolumeclaim "data" not found'],
    [
      "another's volume",
      claimed,
      sourcesOf(claim, { ...local, claimRef: { ...claimRef, uid: 'd' } }),
      'is not bound to',
    ],
    [
      'a block device of another kind',
      claimed,
      sourcesOf(claim, { hostPath: { path: '/h' }, volumeMode: 'Block' }),
      'only those of the kind local',
    ],
    ['another kind of volume', claimed, sourcesOf(claim, { flocker: {} }), 'of the kind "flocker"'],
    ['another medium', { emptyDir: { medium: 'HugePages' } }, sourcesOf(), 'wants the medium "HugePages"'],
    ['another driver', { csi: { driver: 'other' } }, sourcesOf(), 'of the kind "csi"'],
    ['no name', { csi: { driver: 'docker.volumes.stowage.dev' } }, sourcesOf(), 'set volumeAttributes.name'],
  ])('%s is told', (_, volume, sources, message) => {
    expect(() => place(volume, sources)).toThrow(message);
  });

  test('an ephemeral volume is a claim made for this pod', () => {
    const own = { ...claim, metadata: { ...claim.metadata, name: 'web-x' } };
    const volume = { ephemeral: { volumeClaimTemplate: {} } } as Partial<Volume>;
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: pod.metadata?.uid ?? '', controller: true };
    const kept = { ...local, claimRef: { ...claimRef, name: 'web-x' } };
    expect(() => place(volume, sourcesOf(own, kept))).toThrow('was not made for this pod');
    const made = { ...own, metadata: { ...own.metadata, ownerReferences: [owner] } };
    expect(place(volume, sourcesOf(made, kept)).place).toMatchObject({ kind: 'local' });
  });
});

test.each<[string, string | undefined, string | undefined, number | undefined, object]>([
  ['all there is for pods', undefined, undefined, undefined, { sizeBytes: 64 * MIB }],
  ['its limit', '1Mi', '2Mi', undefined, { sizeBytes: MIB }],
  ["the pod's memory", '4Mi', '2Mi', 7, { sizeBytes: 2 * MIB, group: 7 }],
  ['never more than there is', '1Gi', undefined, undefined, { sizeBytes: 64 * MIB }],
])('a volume in memory is as large as %s', (_, sizeLimit, memory, fsGroup, expected) => {
  const app = container('app', memory ? { resources: { limits: { memory } } } : {});
  const of = podOf({ containers: [app], ...(fsGroup && { securityContext: { fsGroup } }) });
  expect(memoryVolume(of, sizeLimit, 64 * MIB)).toEqual({ kind: 'memory', ...expected });
});
