import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../api/core/pod.ts';
import type { ApiClient } from '../../client/client.ts';
import { eventually } from '../../test/eventually.ts';
import { HollowMaster } from '../../test/hollow-master.ts';
import { Program } from '../../test/program.ts';
import { DOCKER_HOST } from '../bench-cell.ts';
import { type CompiledProgram, compileProgram } from './compiled.ts';

const NAMESPACE = '/api/v1/namespaces/default';
export const PODS = `${NAMESPACE}/pods`;
export const NODE = 'bench';
/** At once, in any of the parts. */
const MOST_PODS = 250;

/** An agent as it is installed, in a process of its own, on a real engine, under a master that places nothing. */
export class AgentRig {
  readonly #master: HollowMaster;
  readonly #agent: Program;
  readonly #compiled: CompiledProgram;

  private constructor(master: HollowMaster, agent: Program, compiled: CompiledProgram) {
    this.#master = master;
    this.#agent = agent;
    this.#compiled = compiled;
  }

  static async start(): Promise<AgentRig> {
    const compiled = await compileProgram();
    const master = await HollowMaster.create();
    try {
      // Nothing is placed, but pods get what they are given everywhere: a service account and its token.
      await master.startMaster(['--no-scheduler']);
      await eventually('the default service account', () => master.client.get(`${NAMESPACE}/serviceaccounts/default`));
      return new AgentRig(master, await startAgent(master, compiled.path), compiled);
    } catch (error) {
      await master.destroy();
      await compiled.remove();
      throw error;
    }
  }

  get client(): ApiClient {
    return this.#master.client;
  }

  get pid(): number {
    return this.#agent.child.pid!;
  }

  get masterPid(): number {
    return this.#master.pid!;
  }

  cellId(): Promise<string> {
    return readFile(join(this.#master.directory, 'master', 'cell-id'), 'utf8').then((text) => text.trim());
  }

  async create(name: string, spec: object): Promise<void> {
    const body = { metadata: { name }, spec: { nodeName: NODE, terminationGracePeriodSeconds: 0, ...spec } };
    await this.client.json('POST', PODS, { body });
  }

  async remove(names: readonly string[]): Promise<void> {
    const query = { gracePeriodSeconds: '0' };
    await Promise.all(names.map((name) => this.client.json('DELETE', `${PODS}/${name}`, { query })));
    await this.allGone();
  }

  /** Resolves when the API knows of no pod any more. */
  async allGone(): Promise<void> {
    await eventually('the pods to go', async () => (await this.#pods()).length === 0, 300_000);
  }

  /** Resolves when all pods there are run and are ready. */
  async ready(count: number): Promise<void> {
    await eventually(
      `${count} pods to be ready`,
      async () => {
        const isReady = ({ status }: Pod) =>
          status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
        return (await this.#pods()).filter(isReady).length === count;
      },
      300_000,
    );
  }

  async #pods(): Promise<Pod[]> {
    return (await this.client.get<{ items: Pod[] }>(PODS)).items;
  }

  /** Ends it and removes every trace of it. */
  async stop(): Promise<void> {
    const { directory } = this.#master;
    await this.#agent.end();
    await this.#master.stopMaster();
    for (const part of ['agent', 'master']) {
      const dataDir = join(directory, part);
      await Program.stowctl('down', '--data-dir', dataDir, '--docker-host', DOCKER_HOST).exit(120_000);
    }
    await this.#master.destroy();
    await this.#compiled.remove();
  }
}

async function startAgent(master: HollowMaster, path: string): Promise<Program> {
  const { directory, client } = master;
  const token = (await readFile(join(directory, 'master', 'join-token'), 'utf8')).trim();
  const agent = new Program(process.execPath, [
    ...[path, 'agent'],
    ...['--master', client.access.server, '--token', token, '--data-dir', join(directory, 'agent')],
    ...['--node-name', NODE, '--docker-host', DOCKER_HOST, '--metrics-port', '0', '--log-level', 'warn'],
    ...['--max-pods', String(MOST_PODS)],
  ]);
  try {
    await agent.saysLine(/^ready$/);
    return agent;
  } catch (error) {
    await agent.end();
    throw error;
  }
}
