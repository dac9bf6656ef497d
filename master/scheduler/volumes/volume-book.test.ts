import { describe, expect, test } from 'vitest';
import { BIND_COMPLETED, SELECTED_NODE } from '../../../api/core/persistent-volume-binding.ts';
import { claim, localClass, needs, node, on, volume, waiting } from './storage.fixture.ts';
import { VolumeBook } from './volume-book.ts';

const [n1, n2] = [node('n1'), node('n2')];
const c1 = needs('c1');
const c2 = needs('c2');

function book(...volumes: ReturnType<typeof volume>[]): VolumeBook {
  const made = new VolumeBook();
  made.setStorageClass(localClass);
  made.setStorageClass(waiting('made', 'csi'));
  for (const each of volumes) made.setVolume(each);
  for (const name of ['c1', 'c2']) made.setClaim(claim(name));
  return made;
}

const takes = (name: string, volumeName: string) => [{ claim: `default/${name}`, volume: volumeName }];

describe('assumptions', () => {
  test('keep a volume for the claim that was given it', () => {
    const b = book(volume('v1'), volume('v2'));
    const choices = b.choose(c1, n1)!;
    expect(choices).toEqual(takes('c1', 'v1'));
    b.assume(choices);
    expect(b.choose(c2, n1)).toEqual(takes('c2', 'v2'));
    b.assume(b.choose(c2, n1)!);
    b.setClaim(claim('c3'));
    expect(b.choose(needs('c3'), n1)).toBeUndefined();
  });

  test('outlast news of the volume that does not speak of a claim', () => {
    const b = book(volume('v1'));
    b.assume(b.choose(c1, n1)!);
    b.setVolume(volume('v1'));
    expect(b.choose(c2, n1)).toBeUndefined();
    expect(b.choose(c1, n1)).toEqual(takes('c1', 'v1'));
  });

  test('hold for other pods with the same claim: they go where its volume is', () => {
    const b = book(volume('v1', { terms: on('n1') }), volume('v2', { terms: on('n2') }));
    b.assume(b.choose(c1, n1)!);
    expect(b.choose(c1, n2)).toBeUndefined();
    expect(b.choose(c1, n1)).toEqual(takes('c1', 'v1'));
  });

  test('hold for other pods whose claim is to be provisioned', () => {
    const b = book();
    b.setClaim(claim('c1', { storageClassName: 'made' }));
    b.assume(b.choose(c1, n1)!);
    expect(b.choose(c1, n2)).toBeUndefined();
    expect(b.choose(c1, n1)).toEqual([{ claim: 'default/c1', selectedNode: 'n1' }]);
  });

  test('are taken back, and whoever could have the volume hears of it', () => {
    const b = book(volume('v1'));
    const choices = b.choose(c1, n1)!;
    b.assume(choices);
    expect(b.choose(c2, n1)).toBeUndefined();
    expect([...b.forget(choices)].sort()).toEqual(['default/c1', 'default/c1', 'default/c2']);
    expect(b.choose(c2, n1)).toEqual(takes('c2', 'v1'));
    expect(b.forget(choices)).toEqual([]);
  });

  test('end when the API tells of the binding', () => {
    const b = book(volume('v1'), volume('v2'));
    const choices = b.choose(c1, n1)!;
    b.assume(choices);
    b.setVolume(volume('v1', { claimName: 'c1' }));
    b.setClaim(claim('c1', { volumeName: 'v1' }));
    expect(b.forget(choices)).toEqual([]);
    expect(b.choose(c1, n1)).toEqual([]);
    expect(b.choose(c2, n1)).toEqual(takes('c2', 'v2'));
  });

  test('do not give the volume away when the claim tells first', () => {
    const b = book(volume('v1'));
    b.assume(b.choose(c1, n1)!);
    b.setClaim(claim('c1', { volumeName: 'v1' }));
    expect(b.choose(c2, n1)).toBeUndefined();
  });

  test('give the volume back when the claim got another, or is gone', () => {
    for (const news of [
      (b: VolumeBook) => b.setClaim(claim('c1', { volumeName: 'v9' })),
      (b: VolumeBook) => b.removeClaim('default', 'c1'),
    ]) {
      const b = book(volume('v1'));
      b.assume(b.choose(c1, n1)!);
      expect(news(b)).toContain('default/c2');
      expect(b.choose(c2, n1)).toEqual(takes('c2', 'v1'));
    }
  });

  test('give way when the provisioner gives up on the node', () => {
    const b = book();
    const made = claim('c1', { storageClassName: 'made' });
    b.setClaim(made);
    b.assume(b.choose(c1, n1)!);
    b.setClaim({ ...made, metadata: { ...made.metadata, annotations: { [SELECTED_NODE]: 'n1' } } });
    expect(b.choose(c1, n2)).toBeUndefined();
    b.setClaim(made);
    expect(b.choose(c1, n2)).toEqual([{ claim: 'default/c1', selectedNode: 'n2' }]);
  });
});

describe('news', () => {
  test('of a volume reach the claims that wait for one, and the one it is kept for', () => {
    const b = book();
    expect([...b.setVolume(volume('v1'))].sort()).toEqual(['default/c1', 'default/c2']);
    expect(b.setVolume(volume('v2', { storageClassName: 'other' }))).toEqual([]);
    expect(b.setVolume(volume('v3', { claimName: 'c2' }))).toEqual(['default/c2']);
    expect(b.removeVolume('v3')).toEqual(['default/c2']);
    expect(b.removeVolume('v3')).toEqual([]);
  });

  test('of a class reach the claims of the class that are not bound', () => {
    const b = book();
    b.setVolume(volume('v1', { claimName: 'c1' }));
    b.setClaim(claim('c1', { volumeName: 'v1' }));
    expect(b.setStorageClass(localClass)).toEqual(['default/c2']);
    expect(b.removeStorageClass('local')).toEqual(['default/c2']);
    expect(b.resolve(c2).fault).toBe('pod has unbound immediate PersistentVolumeClaims');
    expect(b.resolve(c1).fault).toBeUndefined();
  });

  test('change the version, and the key of the pods concerned', () => {
    const b = book(volume('v1'));
    const news: [string, () => unknown][] = [
      ['a volume comes', () => b.setVolume(volume('v2'))],
      ['a volume goes', () => b.removeVolume('v2')],
      ['a class changes', () => b.setStorageClass(waiting('local', 'csi'))],
      ['a claim changes', () => b.setClaim(claim('c1', { storage: '5Gi' }))],
      ['a claim is bound', () => b.setClaim(claim('c1', { volumeName: 'v1' }))],
      ['a claim goes', () => b.removeClaim('default', 'c1')],
    ];
    for (const [what, happens] of news) {
      const before = { version: b.version, key: b.resolve(c1).key };
      happens();
      expect(b.version, what).not.toBe(before.version);
      expect(b.resolve(c1).key, what).not.toBe(before.key);
    }
  });
});

describe('keys', () => {
  test('pods whose claims ask for the same share one while they wait', () => {
    const b = book(volume('v1'));
    expect(b.resolve(c1).key).toBe(b.resolve(c2).key);
    b.setClaim(claim('c2', { storage: '3Gi' }));
    expect(b.resolve(c1).key).not.toBe(b.resolve(c2).key);
  });

  test('stay while volumes are taken, until a node turns out not to do any more', () => {
    const b = book(volume('v1', { terms: on('n1') }));
    const { key } = b.resolve(c2);
    b.assume(b.choose(c1, n1)!);
    expect(b.resolve(c2).key).toBe(key);
    const { version } = b;
    expect(b.choose(c2, n1)).toBeUndefined();
    expect(b.resolve(c2).key).not.toBe(key);
    expect(b.version).not.toBe(version);
  });
});

test('a claim that names its volume waits for the binding to be complete', () => {
  const b = book(volume('v1'));
  const named = claim('c1', { volumeName: 'v1' });
  delete named.metadata!.annotations![BIND_COMPLETED];
  b.setClaim(named);
  expect(b.resolve(c1).fault).toBe('pod has unbound immediate PersistentVolumeClaims');
});
