import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { type Clock, sleep } from '../../platform/clock.ts';
import { ProgramFailed, run } from '../network/program.ts';
import { CONFIG, type ProxyFiles, RUNTIME_SOCKET } from './haproxy-config.ts';

const MASTER_SOCKET = 'master.sock';
const PID_FILE = 'haproxy.pid';
const ANSWER_MS = 5_000;
const HANDOVER_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/**
 * The HAProxy of this machine: a process of its own that goes on when the agent ends. Its directory is all that is known of it. Decides
 * nothing.
 */
export class HaProxy {
  readonly #directory: string;
  readonly #clock: Clock;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Starts it with these files, or lets it take them over: the new process gets the listening sockets of the old one. */
  async begin({ files }: ProxyFiles): Promise<void> {
    await this.#write(files);
    const config = join(this.#directory, CONFIG);
    await run('haproxy', ['-c', '-f', config]);
    const before = await this.#worker();
    if (before !== undefined) return this.#reload(before);
    const control = `${join(this.#directory, MASTER_SOCKET)},mode,600`;
    await run('haproxy', ['-W', '-D', '-f', config, '-p', join(this.#directory, PID_FILE), '-S', control]);
    await this.#untilWorkerIsNot(undefined);
  }

  /** Tells the running process. Rejects where it does not take a line. */
  async tell(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      const answer = (await this.#ask(RUNTIME_SOCKET, line)).trim();
      // It says what it has done, and what is wrong, in the same place.
      if (answer && !/^(no need to change|IP changed|port changed|changed|.* changed from)/i.test(answer))
        throw new ProgramFailed(`haproxy answered "${answer}" to "${line}"`);
    }
  }

  /** Calls `ended` once, when the process that serves now is gone: an idle connection to it says so. Returns what ends that. */
  watch(ended: () => void): () => void {
    const socket = connect(join(this.#directory, RUNTIME_SOCKET), () => socket.write('prompt\n'));
    let isOver = false;
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!isOver) ended();
      isOver = true;
    });
    return () => {
      isOver = true;
      socket.destroy();
    };
  }

  /** Ends it, and forgets its files. */
  async end(): Promise<void> {
    const pid = Number((await readFile(join(this.#directory, PID_FILE), 'utf8').catch(() => '')).trim());
    const isOurs =
      pid > 1 && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(this.#directory);
    if (isOurs) process.kill(pid, 'SIGTERM');
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #reload(before: string): Promise<void> {
    // It begins itself anew, and the connection ends with that.
    await this.#ask(MASTER_SOCKET, 'reload').catch(() => '');
    await this.#untilWorkerIsNot(before);
  }

  async #untilWorkerIsNot(before: string | undefined): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + HANDOVER_MS;
    for (;;) {
      const now = await this.#worker();
      if (now !== undefined && now !== before) return;
      if (this.#clock.monotonicMs() > untilMs) {
        throw new ProgramFailed(
          `haproxy does not serve with its new settings in ${this.#directory}: another program may have its ports, or it may not read its files`,
        );
      }
      await sleep(this.#clock, LOOK_AGAIN_MS);
    }
  }

  /** Process that answers at the runtime socket. */
  async #worker(): Promise<string | undefined> {
    const answer = await this.#ask(RUNTIME_SOCKET, 'show info').catch(() => '');
    return /^Pid: (\d+)$/m.exec(answer)?.[1];
  }

  #ask(socketName: string, line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(join(this.#directory, socketName));
      const timer = this.#clock.setTimer(ANSWER_MS, () =>
        socket.destroy(new Error(`haproxy does not answer "${line}"`)),
      );
      let answer = '';
      socket.setEncoding('utf8').on('data', (text) => (answer += text));
      socket.on('error', reject);
      socket.on('close', () => {
        timer.cancel();
        resolve(answer);
      });
      socket.write(`${line}\n`);
    });
  }

  async #write(files: ProxyFiles['files']): Promise<void> {
    for (const [name, text] of files) {
      const path = join(this.#directory, name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, text, { mode: 0o600 });
    }
    const certificates = join(this.#directory, 'certificates');
    for (const file of await readdir(certificates).catch(() => []))
      if (!files.has(`certificates/${file}`)) await rm(join(certificates, file), { force: true });
  }
}
