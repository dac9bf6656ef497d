import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { container, podOf } from '../plan/transcript.fixture.ts';
import type { Container, Pod } from '../pod-types.ts';
import type { ContainerSpec, RuntimeInfo } from '../runtime.ts';
import { completeRights, rootRefusal } from './complete-rights.ts';
import { containerRights } from './container-rights.ts';

type Context = NonNullable<Container['securityContext']>;
type PodContext = NonNullable<NonNullable<Pod['spec']>['securityContext']>;

const build = (own: Context, common: PodContext = {}) => {
  const app = container('app', { securityContext: own });
  return { app, pod: podOf({ containers: [app], securityContext: common }) };
};
const rights = (own: Context, common: PodContext = {}) => {
  const { app, pod } = build(own, common);
  return containerRights(app, pod);
};

describe('what a container may do', () => {
  test('its own settings win over those of its pod', () => {
    const common: PodContext = {
      ...{ runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] },
      seccompProfile: { type: 'Unconfined' },
      appArmorProfile: { type: 'Localhost', localhostProfile: 'strict' },
      seLinuxOptions: { level: 's0' },
    };
    expect(rights({}, common)).toMatchObject({
      ...{ user: '1:2', groups: ['4', '3'], seccomp: 'unconfined', appArmor: 'strict', seLinux: { level: 's0' } },
    });
    const own: Context = {
      runAsUser: 7,
      seccompProfile: { type: 'RuntimeDefault' },
      appArmorProfile: { type: 'Unconfined' },
    };
    expect(rights(own, common)).toMatchObject({ user: '7:2', appArmor: 'unconfined' });
    expect(rights(own, common).seccomp).toBeUndefined();
  });

  test('capabilities may have the kernel’s prefix', () => {
    const capabilities = { add: ['CAP_NET_ADMIN', 'sys_time'], drop: ['all'] };
    expect(rights({ capabilities })).toMatchObject({
      capabilitiesAdd: ['NET_ADMIN', 'SYS_TIME'],
      capabilitiesDrop: ['ALL'],
    });
  });

  test('what can never be is refused', () => {
    expect(() => rights({ runAsNonRoot: true, runAsUser: 0 })).toThrow(/must not run as root/);
    expect(() => rights({}, { supplementalGroupsPolicy: 'Strict' })).toThrow(/has no runAsGroup/);
    expect(rights({ runAsUser: 5, runAsGroup: 6 }, { supplementalGroupsPolicy: 'Strict' }).user).toBe('5:6');
  });
});

test.each([
  ['', /but its image does/],
  ['0', /but its image does/],
  ['root', /but its image does/],
  ['0:5', /but its image does/],
  ['nobody', /non-numeric user "nobody": cannot verify/],
  ['1000', undefined],
  ['1000:0', undefined],
])('runAsNonRoot on an image of user "%s"', (user, refusal) => {
  const said = rootRefusal('app', { user });
  if (refusal) expect(said).toMatch(refusal);
  else expect(said).toBeUndefined();
});

describe('what the machine adds', () => {
  const seccompRoot = mkdtempSync(join(tmpdir(), 'stowage-test-seccomp-'));
  writeFileSync(join(seccompRoot, 'own.json'), '{ "defaultAction":\n "SCMP_ACT_ALLOW" }');
  afterAll(() => rmSync(seccompRoot, { recursive: true }));

  const complete = async (own: Context, common: PodContext = {}, imageUser = '', security: string[] = []) => {
    const { app, pod } = build(own, common);
    const runtime = {
      image: async () => ({ id: 'i', user: imageUser }),
      info: async () => ({ security }) as unknown as RuntimeInfo,
    };
    const done = await completeRights(containerRights(app, pod) as ContainerSpec, app, pod, { runtime, seccompRoot });
    return done.ok ? done.spec : done.message;
  };

  test('a group alone joins the image’s user, whatever his name', async () => {
    expect(await complete({ runAsGroup: 9 }, {}, 'web:staff')).toMatchObject({ user: 'web:9' });
    expect(await complete({ runAsGroup: 9 }, {}, '')).toMatchObject({ user: '0:9' });
    expect(await complete({ runAsGroup: 9, runAsNonRoot: true }, {}, '5')).toMatchObject({ user: '5:9' });
    expect(await complete({ runAsNonRoot: true }, {}, 'web')).toMatch(/cannot verify/);
  });

  test('profiles are read from where they may lie', async () => {
    const localhost = (localhostProfile: string): Context => ({
      seccompProfile: { type: 'Localhost', localhostProfile },
    });
    expect(await complete(localhost('own.json'))).toMatchObject({ seccomp: '{"defaultAction":"SCMP_ACT_ALLOW"}' });
    expect(await complete(localhost('none.json'))).toMatch(/cannot read .*none.json/);
    expect(await complete(localhost('../own.json'))).toMatch(/without "\.\."/);
    expect(await complete(localhost('a/../../own.json'))).toMatch(/without "\.\."/);
  });

  test('AppArmor is needed where it is asked for', async () => {
    const own: Context = { appArmorProfile: { type: 'Localhost', localhostProfile: 'strict' } };
    expect(await complete(own)).toMatch(/"strict", but this machine's engine has no AppArmor/);
    expect(await complete(own, {}, '', ['apparmor'])).toMatchObject({ appArmor: 'strict' });
  });
});
