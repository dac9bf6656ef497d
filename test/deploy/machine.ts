import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { type Ran, run } from '../kubectl.ts';
import type { PrivateEngine } from '../private-engine.ts';

/** What a machine has of its own; programs it shares with this one, read only. */
const OWN_DIRECTORIES = ['etc', 'usr', 'var/lib', 'var/log', 'var/cache', 'var/tmp', 'run', 'tmp', 'proc', 'sys'];
const OWN_SETTINGS = [
  ...['passwd', 'group', 'shadow', 'gshadow', 'nsswitch.conf', 'login.defs', 'pam.d', 'security', 'dbus-1'],
  ...['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'ssl', 'ca-certificates', 'os-release'],
];

/** As a privileged container starts, which needs more rights than some machines' root has: these writable, mounts shared. */
const BOOT = `#!/bin/sh
mount -o remount,rw /sys
for each in /sys/fs/cgroup /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$each" 2>/dev/null; done
mount --make-rshared /
exec /usr/lib/systemd/systemd
`;

/** By number (Linux man page capabilities(7)). */
const CAPABILITIES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ'.split(
    ' ',
  );

/** Those that this process may pass on. */
function capabilities(): string[] {
  const [, bounding = '0'] = /^CapBnd:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return CAPABILITIES.filter((_, bit) => (BigInt(`0x${bounding}`) >> BigInt(bit)) & 1n);
}

/**
 * A machine with systemd and a Docker of its own: a container that boots, made of this machine's programs. What is in `shared` it sees
 * there too, read only. Owns the container and its image; the engine is the caller's.
 */
export class Machine {
  readonly #host: string;
  readonly #name: string;

  private constructor(host: string, name: string) {
    this.#host = host;
    this.#name = name;
  }

  static async boot(engine: PrivateEngine, name: string, directory: string, shared: string): Promise<Machine> {
    if (!existsSync('/usr/lib/systemd/systemd')) throw new Error('this test boots a systemd: apt-get install systemd');
    const machine = new Machine(engine.host, name);
    await machine.#makeImage(join(directory, 'root'));
    const npmCache = (await run('npm', ['config', 'get', 'cache'])).stdout.trim();
    await machine.#docker(
      ...['run', '--detach', '--pull', 'never', '--name', name, '--hostname', name, '--stop-signal', 'SIGRTMIN+3'],
      ...capabilities().map((each) => `--cap-add=${each}`),
      ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
      ...['--security-opt', 'systempaths=unconfined', '--device-cgroup-rule', 'a *:* rwm', '--cgroupns', 'private'],
      ...['--tmpfs', '/usr/local:exec', '--tmpfs', '/run', '--tmpfs', '/tmp:exec', '--volume', '/var/lib/docker'],
      ...['--volume', '/usr:/usr:ro', '--volume', `${shared}:${shared}:ro`, '--volume', `${npmCache}:/root/.npm`],
      `${name}:1`,
    );
    await machine.#up();
    return machine;
  }

  /** What was running ends, as at a shutdown; what lies in /run, /tmp and /usr/local is gone. */
  async reboot(): Promise<void> {
    await this.#docker('restart', '--time', '60', this.#name);
    await this.#up();
  }

  async #up(): Promise<void> {
    const up = async () => /running|degraded/.test((await this.run('systemctl is-system-running')).stdout);
    await eventually('systemd to be up', up, 60_000);
  }

  /** A shell line there, whatever it answers. */
  run(line: string, input?: string): Promise<Ran> {
    const stdin = input === undefined ? [] : ['--interactive'];
    return run('docker', ['-H', this.#host, 'exec', ...stdin, this.#name, 'sh', '-c', line], { input });
  }

  /** A shell line there, which must succeed: what it printed. */
  async sh(line: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(line, input);
    if (code !== 0) throw new Error(`${line} ended with ${code}: ${stderr || stdout}`);
    return stdout.trim();
  }

  async stop(): Promise<void> {
    await run('docker', ['-H', this.#host, 'rm', '--force', '--volumes', this.#name]);
  }

  async #makeImage(root: string): Promise<void> {
    for (const each of OWN_DIRECTORIES) mkdirSync(join(root, each), { recursive: true });
    for (const each of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${each}`, join(root, each));
    symlinkSync('/run', join(root, 'var/run'));
    for (const each of OWN_SETTINGS.filter((name) => existsSync(join('/etc', name)))) {
      cpSync(join('/etc', each), join(root, 'etc', each), { recursive: true, verbatimSymlinks: true });
    }
    writeFileSync(join(root, 'etc/machine-id'), '');
    writeFileSync(join(root, 'boot'), BOOT);
    chmodSync(join(root, 'boot'), 0o755);
    const archive = `${root}.tar`;
    await run('tar', ['-C', root, '-cf', archive, '.']);
    await this.#docker(
      'import',
      '--change',
      'CMD ["/boot"]',
      '--change',
      'ENV container=docker',
      archive,
      `${this.#name}:1`,
    );
    rmSync(root, { recursive: true });
    rmSync(archive);
  }

  async #docker(...args: string[]): Promise<void> {
    const { code, stderr } = await run('docker', ['-H', this.#host, ...args]);
    if (code !== 0) throw new Error(`docker ${args[0]} ended with ${code}: ${stderr}`);
  }
}
