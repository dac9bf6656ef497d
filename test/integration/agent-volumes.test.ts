import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { removeCell } from '../../agent/docker/remove-cell.ts';
import { cellLabels } from '../../agent/labels.ts';
import { type Agent, createAgent } from '../../agent/main.ts';
import type { Container, PersistentVolume, Pod, Volume, VolumeMount } from '../../agent/pod-types.ts';
import { releaseAllParts } from '../../agent/volumes/pinned-parts.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import { ScriptedMaster } from '../../sim/scripted-master.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { run as command } from '../kubectl.ts';

type Spec = NonNullable<Pod['spec']>;
type Metadata = NonNullable<Pod['metadata']>;
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';

const shell = (script: string, volumeMounts: VolumeMount[], more: Partial<Container> = {}): Container => ({
  name: 'app',
  image: TEST_IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['/bin/sh', '-c', script],
  volumeMounts,
  ...more,
});

describe('volumes of pods on Docker', () => {
  const host = inject('dockerHost');
  const engine = new Engine(host);
  const master = new ScriptedMaster();
  /** What tests mount themselves. */
  const mounted: string[] = [];
  const mountDisk = async (path: string) => {
    await mkdir(path, { recursive: true });
    await command('mount', ['-t', 'tmpfs', 'tmpfs', path]);
    mounted.push(path);
    await writeFile(join(path, 'precious'), 'x');
  };
  let place: string;
  let agent: Agent;

  beforeAll(async () => {
    await engine.ensureTestImage();
    place = await mkdtemp(join(tmpdir(), 'stowage-test-volumes-'));
    master.cellId = `stowage-test-${randomBytes(4).toString('hex')}`;
    agent = make();
    await agent.start();
    await agent.whenReady;
    master.assignAll(greedy);
  });
  afterAll(async () => {
    await agent.stop();
    await removeCell(host, cellLabels(master.cellId));
    await releaseAllParts(join(place, 'data', 'pods'));
    for (const path of mounted.reverse()) await command('umount', [path]);
    await rm(place, { recursive: true, force: true });
  });

  function make(): Agent {
    const at = { dataDir: join(place, 'data'), masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1' };
    const ground = { clock: systemClock, rng: systemRng(), log: silentLogger };
    return createAgent({ ...at, metricsPort: 0, dockerHost: host, transport: master, ...ground });
  }

  const podOf = (name: string, volumes: Volume[], container: Container, spec: Partial<Spec> = {}): Pod => ({
    metadata: { namespace: 'default', name, uid: `${randomBytes(4).toString('hex')}-${name}`, resourceVersion: '1' },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 2, containers: [container], volumes, ...spec },
  });
  const tell = (plural: string, object: { metadata?: Metadata }) => {
    const { namespace = '', name = '' } = object.metadata ?? {};
    const upserts = [{ plural, namespace, name, json: JSON.stringify(object) }];
    master.say({ message: 'assignments', assignments: { complete: false, upserts, removals: [] } });
  };
  const nameOf = (pod: Pod) => pod.metadata?.name ?? '';
  const events = (pod: Pod) =>
    master.heard.flatMap(({ event }) =>
      event?.pod?.name === nameOf(pod) ? [`${event.reason}: ${event.message}`] : [],
    );
  const inPhase = (pod: Pod, phase: string) =>
    eventually(`${nameOf(pod)} to be ${phase}`, () => {
      const status = master.status(nameOf(pod));
      if (status?.phase !== phase) throw new Error(`${JSON.stringify(status)} ${events(pod).join('; ')}`);
      return true;
    });
  const told = (pod: Pod, text: string) =>
    eventually(`"${text}" of ${nameOf(pod)}`, () => {
      if (!events(pod).some((event) => event.includes(text))) throw new Error(events(pod).join('; '));
      return true;
    });

  async function log(pod: Pod): Promise<string> {
    const id = randomBytes(4).toString('hex');
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const request = {
      pod: { namespace, name, uid },
      container: 'app',
      follow: false,
      previous: false,
      timestamps: false,
    };
    master.say({ message: 'openTunnel', openTunnel: { id, what: 'log', log: request } });
    await eventually('the log', () => master.tunnels.get(id)?.result !== undefined);
    return master.tunnels.get(id)?.text ?? '';
  }

  /** Runs a pod to its end; what it wrote. */
  async function run(pod: Pod): Promise<string> {
    master.assignSome(pod);
    await inPhase(pod, 'Succeeded');
    return await log(pod);
  }
  async function away(...pods: Pod[]): Promise<void> {
    const ref = ({ metadata }: Pod) => ({ plural: 'pods', namespace: 'default', name: '', uid: metadata?.uid ?? '' });
    master.say({ message: 'assignments', assignments: { complete: false, upserts: [], removals: pods.map(ref) } });
    const uids = pods.map(({ metadata }) => metadata?.uid ?? '');
    await eventually('the pods to go', async () => {
      const there = await readdir(join(place, 'data', 'pods')).catch(() => []);
      return !there.some((uid) => uids.includes(uid));
    });
  }

  const fill = 'busybox dd if=/dev/zero of=/d/file bs=1024 count=256';
  const greedy = podOf(
    'greedy',
    [{ name: 'd', emptyDir: { sizeLimit: '100Ki' } }],
    shell(`${fill}; ${FOREVER}`, [{ name: 'd', mountPath: '/d' }]),
    { restartPolicy: 'Always' },
  );

  test('a part of a volume is mounted, be it a file or a directory, on disk or in memory', async () => {
    const volumes: Volume[] = [
      { name: 'disk', emptyDir: {} },
      { name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '2Mi' } },
      { name: 'settings', configMap: { name: 'settings' } },
    ];
    tell('configmaps', { metadata: { namespace: 'default', name: 'settings' }, data: { colour: 'red' } } as never);
    const whole: VolumeMount[] = [
      { name: 'disk', mountPath: '/disk' },
      { name: 'fast', mountPath: '/fast' },
    ];
    const parts: VolumeMount[] = [
      { name: 'disk', mountPath: '/a', subPath: 'one/two' },
      { name: 'fast', mountPath: '/b', subPathExpr: '$(WHO)/deep' },
      { name: 'settings', mountPath: '/etc/colour', subPath: 'colour' },
      { name: 'disk', mountPath: '/linked', subPath: 'link', readOnly: true },
    ];
    const init = shell('mkdir /disk/real; echo linked > /disk/real/file; busybox ln -s real /disk/link', whole);
    const script =
      'echo a > /a/x; echo b > /b/y; cat /disk/one/two/x /fast/me/deep/y /etc/colour; echo; cat /linked/file; { echo no > /linked/file; } 2>/dev/null || echo refused';
    const app = shell(script, [...whole, ...parts], { env: [{ name: 'WHO', value: 'me' }] });
    const pod = podOf('parts', volumes, app, { initContainers: [{ ...init, name: 'init' }] });
    const said = await run(pod);
    for (const lines of ['a\nb\nred\nlinked\n', 'refused\n']) expect(said).toContain(lines);
    await away(pod);
    const { Volumes } = await engine.docker.listVolumes({ filters: { label: [`stowage.dev/cell=${master.cellId}`] } });
    expect(Volumes ?? []).toEqual([]);
  });

  test('to let go of a part lets go of nothing else', async () => {
    const path = join(place, 'with-disk');
    const disk = join(path, 'part', 'disk');
    for (const each of [path, disk]) {
      await mountDisk(each);
      await command('mount', ['--make-shared', each]);
    }
    const mountPropagation = 'HostToContainer' as const;
    const mount = { name: 'v', mountPath: '/v', subPath: 'part', mountPropagation };
    const pod = podOf('lets-go', [{ name: 'v', hostPath: { path } }], shell('echo done', [mount]));
    expect(await run(pod)).toBe('done\n');
    await away(pod);
    expect(await readFile(join(disk, 'precious'), 'utf8')).toBe('x');
  });

  test('a part that leads out of its volume is refused', async () => {
    const volume = { name: 'v', hostPath: { path: join(place, 'shared') } };
    await mkdir(join(place, 'shared'));
    await mkdir(join(place, 'secret'));
    await symlink('../secret', join(place, 'shared', 'up'));
    await symlink('/etc', join(place, 'shared', 'root'));
    const waiting = (pod: Pod) => master.status(nameOf(pod))?.containerStatuses?.[0]?.state?.waiting?.message ?? '';
    const pods = ['up/x', 'root/passwd'].map((subPath, index) =>
      podOf(`out-${index}`, [volume], shell('true', [{ name: 'v', mountPath: '/v', subPath }])),
    );
    master.assignSome(...pods);
    for (const pod of pods) await eventually('the refusal', () => waiting(pod).includes('leads out of the volume'));
    expect(await readdir(join(place, 'secret'))).toEqual([]);
    await away(...pods);
  });

  test('a claim waits for its volume, and lends it to one pod after the other', async () => {
    const path = join(place, 'local');
    await mkdir(path);
    const claim = (phase: string, volumeName?: string) => ({
      metadata: { namespace: 'default', name: 'data', uid: 'c-1' },
      spec: { volumeName },
      status: { phase },
    });
    const claimRef = { namespace: 'default', name: 'data', uid: 'c-1' };
    const volume: PersistentVolume = { metadata: { name: 'v', uid: 'v-1' }, spec: { local: { path }, claimRef } };
    const volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }];
    const mounts = [{ name: 'd', mountPath: '/d' }];
    const security = { fsGroup: 4321, runAsUser: 1000, runAsGroup: 1000 };
    const writer = podOf('writer', volumes, shell('echo kept > /d/file; busybox id -G', mounts), {
      securityContext: security,
    });
    master.assignSome(writer);
    await told(writer, 'FailedMount: persistentvolumeclaim "data" not found');
    tell('persistentvolumeclaims', claim('Pending'));
    await told(writer, 'persistentvolumeclaim "data" is not bound');
    tell('persistentvolumes', volume as never);
    tell('persistentvolumeclaims', claim('Bound', 'v'));
    await inPhase(writer, 'Succeeded');
    expect(await log(writer)).toContain('4321');
    expect((await stat(join(path, 'file'))).gid).toBe(4321);
    await away(writer);
    const readOnly = [{ name: 'd', persistentVolumeClaim: { claimName: 'data', readOnly: true } }];
    const reader = podOf('reader', readOnly, shell('cat /d/file; echo no > /d/file || echo refused', mounts));
    const said = await run(reader);
    for (const line of ['kept\n', 'refused\n']) expect(said).toContain(line);
    await away(reader);
    expect(await readFile(join(path, 'file'), 'utf8')).toBe('kept\n');
  });

  test('a disk is given as it is, and nothing but a disk', async () => {
    const file = join(place, 'disk');
    await writeFile(file, Buffer.alloc(1024 ** 2, 'a'));
    const { stdout } = await command('losetup', ['--find', '--show', file]);
    const device = stdout.trim();
    try {
      const claimRef = { namespace: 'default', name: 'raw', uid: 'raw-uid' };
      const volume = (path: string): PersistentVolume => ({
        metadata: { name: 'raw-volume' },
        spec: { claimRef, local: { path }, volumeMode: 'Block' },
      });
      tell('persistentvolumes', volume(file));
      tell('persistentvolumeclaims', {
        ...{ metadata: claimRef, spec: { volumeName: 'raw-volume' }, status: { phase: 'Bound' } },
      });
      const script = 'busybox head -c 3 /dev/mine; printf xyz | busybox dd of=/dev/mine conv=notrunc,fsync 2>/dev/null';
      const given = { volumeDevices: [{ name: 'raw', devicePath: '/dev/mine' }] };
      const volumes = [{ name: 'raw', persistentVolumeClaim: { claimName: 'raw' } }];
      const pod = podOf('raw', volumes, shell(script, [], given));
      master.assignSome(pod);
      await told(pod, `wants a block device at ${file}, but something else is there`);
      tell('persistentvolumes', volume(device));
      await inPhase(pod, 'Succeeded');
      expect(await log(pod)).toBe('aaa');
      expect((await readFile(file)).subarray(0, 4).toString()).toBe('xyza');
      const wrong = podOf('raw-mounted', volumes, shell('true', [{ name: 'raw', mountPath: '/files' }]));
      master.assignSome(wrong);
      await eventually('the refusal', () =>
        /name it in volumeDevices/.test(
          master.status('raw-mounted')?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
        ),
      );
      await away(pod, wrong);
    } finally {
      await command('losetup', ['--detach', device]);
    }
  });

  test('a named volume of Docker outlives its pods', async () => {
    const name = `stowage-test-named-${randomBytes(4).toString('hex')}`;
    const volumes: Volume[] = [
      { name: 'd', csi: { driver: 'docker.volumes.stowage.dev', volumeAttributes: { name } } },
    ];
    const first = podOf(
      'first',
      volumes,
      shell('echo kept > /d/file', [{ name: 'd', mountPath: '/d', subPath: 'sub' }]),
    );
    await run(first);
    await away(first);
    const second = podOf('second', volumes, shell('cat /d/sub/file', [{ name: 'd', mountPath: '/d' }]));
    expect(await run(second)).toBe('kept\n');
    await away(second);
    await engine.docker.getVolume(`default.${name}`).remove();
  });

  test('what a pod shows of itself follows it', async () => {
    const volumes: Volume[] = [
      { name: 'v', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ];
    const pod = podOf('shown', volumes, shell(FOREVER, [{ name: 'v', mountPath: '/v' }]));
    pod.metadata = { ...pod.metadata, labels: { tier: 'one' } };
    master.assignSome(pod);
    await inPhase(pod, 'Running');
    const file = join(place, 'data', 'pods', pod.metadata.uid ?? '', 'volumes', 'v', 'labels');
    expect(await readFile(file, 'utf8')).toBe('tier="one"');
    master.assignSome({ ...pod, metadata: { ...pod.metadata, labels: { tier: 'two' } } });
    await eventually('the new label', async () => (await readFile(file, 'utf8')) === 'tier="two"');
    await away(pod);
  });

  test('a server that cannot be reached keeps the pod waiting, and is named', async () => {
    const volumes: Volume[] = [{ name: 'n', nfs: { server: '127.0.0.1', path: '/export', readOnly: true } }];
    const pod = podOf('nfs', volumes, shell('true', [{ name: 'n', mountPath: '/n' }]));
    master.assignSome(pod);
    await told(pod, 'FailedCreatePodSandBox');
    const { Options } = await engine.docker.getVolume(`stowage_${pod.metadata?.uid}_n`).inspect();
    expect(Options).toEqual({ type: 'nfs', device: ':/export', o: 'addr=127.0.0.1,nfsvers=4,ro' });
    expect(master.status('nfs')?.phase).toBe('Pending');
    await away(pod);
  });

  test('files of a secret are for the group of the pod', async () => {
    const data = { key: Buffer.from('hidden').toString('base64') };
    tell('secrets', { metadata: { namespace: 'default', name: 'keys' }, data } as never);
    const volumes: Volume[] = [
      { name: 's', secret: { secretName: 'keys', defaultMode: 0o400 } },
      { name: 'e', emptyDir: {} },
      { name: 'm', emptyDir: { medium: 'Memory' } },
    ];
    const mounts = ['s', 'e', 'm'].map((name) => ({ name, mountPath: `/${name}` }));
    const script = 'cat /s/key; echo; for d in e m; do echo x > /$d/f; busybox stat -c "%g %a" /$d /$d/f; done';
    const pod = podOf('group', volumes, shell(script, mounts), {
      securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 4321 },
    });
    expect(await run(pod)).toBe('hidden\n4321 2777\n4321 644\n4321 2777\n4321 644\n');
    await away(pod);
  });

  test('what is mounted below a read-only volume is read-only only when that is asked for', async () => {
    const volumes: Volume[] = [{ name: 'h', hostPath: { path: '/dev', type: 'Directory' } }];
    const script = 'echo x > /h/shm/stowage-test && echo written; busybox rm -f /h/shm/stowage-test; true';
    const mount = { name: 'h', mountPath: '/h', readOnly: true };
    const plain = podOf('plain', volumes, shell(script, [mount]));
    const recursive = podOf('recursive', volumes, shell(script, [{ ...mount, recursiveReadOnly: 'Enabled' }]));
    expect(await run(plain)).toContain('written');
    const [, minor = ''] = (await engine.docker.version()).ApiVersion.split('.');
    if (Number(minor) >= 44) expect(await run(recursive)).not.toContain('written');
    else {
      master.assignSome(recursive);
      await told(recursive, 'the engine must speak API 1.44');
    }
    await away(plain, recursive);
  });

  test('a pod whose volume holds more than it may is ended, for good', async () => {
    await inPhase(greedy, 'Failed');
    const message = 'Usage of EmptyDir volume "d" exceeds the limit "100Ki".';
    expect(master.status('greedy')).toMatchObject({ reason: 'Evicted', message });
    await told(greedy, `Evicted: ${message}`);
    const { uid = '' } = greedy.metadata ?? {};
    const there = () => readdir(join(place, 'data', 'pods', uid));
    await eventually('what it wrote to go', async () => !(await there()).includes('volumes'));
    await away(greedy);
  });

  test('what was left of pods that are no more goes when the agent is back, but nothing that is mounted there', async () => {
    const pods = join(place, 'data', 'pods');
    const volumes: Volume[] = [{ name: 'd', emptyDir: {} }];
    const kept = podOf('kept', volumes, shell(FOREVER, [{ name: 'd', mountPath: '/d', subPath: 'a' }]));
    master.assignSome(kept);
    await inPhase(kept, 'Running');
    await agent.stop();
    await mkdir(join(pods, 'stray', 'volumes', 'v'), { recursive: true });
    const busy = join(pods, 'busy', 'volumes', 'v');
    await mountDisk(busy);
    const Labels = {
      'stowage.dev/cell': master.cellId,
      'stowage.dev/node': 'n1',
      'io.kubernetes.pod.uid': 'stray',
    };
    const Name = `stowage_stray_${master.cellId}`;
    await engine.docker.createVolume({ Name, Labels });
    agent = make();
    await agent.start();
    await agent.whenReady;
    master.assignAll(kept);
    const gone = () =>
      engine.docker
        .getVolume(Name)
        .inspect()
        .then(
          () => false,
          () => true,
        );
    await eventually('the volume to go', gone);
    expect((await readdir(pods)).sort()).toEqual(['busy', kept.metadata?.uid].sort());
    expect(await readFile(join(busy, 'precious'), 'utf8')).toBe('x');
    await inPhase(kept, 'Running');
    await away(kept);
  });
});
