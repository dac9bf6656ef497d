import { describe, expect, test } from 'vitest';
import type { Mount, VolumeSpec } from '../runtime.ts';
import { mountConfig, neededVersion, volumeOptions } from './volumes.ts';

test.each<[VolumeSpec, object]>([
  [{ kind: 'disk' }, {}],
  [{ kind: 'memory' }, { type: 'tmpfs', device: 'tmpfs', o: 'mode=0777' }],
  [
    { kind: 'memory', sizeBytes: 5, group: 7 },
    { type: 'tmpfs', device: 'tmpfs', o: 'mode=2777,gid=7,size=5' },
  ],
  [
    { kind: 'nfs', server: 's', path: '/e', options: ['nfsvers=4', 'ro'] },
    { type: 'nfs', device: ':/e', o: 'addr=s,nfsvers=4,ro' },
  ],
])('a volume: %j', (spec, options) => {
  expect(volumeOptions(spec)).toEqual(options);
});

describe('a mount', () => {
  const mount: Mount = { kind: 'bind', source: '/s', target: '/t', readOnly: true, propagation: 'private' };
  const speaks = (newest: string) => (version: string) => version <= newest;

  test.each<[Partial<Mount>, object | undefined]>([
    [{}, { ReadOnlyNonRecursive: true }],
    [{ readOnly: false }, undefined],
    [{ readOnly: false, propagation: 'rslave' }, { Propagation: 'rslave' }],
    [{ recursiveReadOnly: 'if-possible' }, undefined],
    [{ recursiveReadOnly: 'yes' }, { ReadOnlyForceRecursive: true, Propagation: 'rprivate' }],
  ])('%j', (change, options) => {
    expect(mountConfig({ ...mount, ...change }).BindOptions).toEqual(options);
  });

  test('that is read-only with all below it needs an engine that knows of that', () => {
    const forced: Mount = { ...mount, recursiveReadOnly: 'yes' };
    expect(neededVersion([mount], speaks('1.50'))).toBe('1.44');
    expect(neededVersion([mount], speaks('1.41'))).toBeUndefined();
    expect(neededVersion([{ ...mount, readOnly: false }], speaks('1.50'))).toBeUndefined();
    expect(neededVersion([forced], speaks('1.44'))).toBe('1.44');
    expect(() => neededVersion([forced], speaks('1.41'))).toThrow('cannot mount /t read-only with all below it');
  });
});
