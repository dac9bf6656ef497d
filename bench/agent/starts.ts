import { PAUSE_IMAGE } from '../../agent/pause/image.ts';
import type { Engine } from '../../test/docker.ts';
import { TEST_IMAGE } from '../../test/docker.ts';
import { eventually } from '../../test/eventually.ts';
import { podStarts } from '../pod-starts.ts';
import { atLeast, atMost, type Figure, known, median } from '../report.ts';
import { type AgentRig, NODE } from './rig.ts';

type Say = (progress: string) => void;

const ONES = 15;
const CROWD = 30;
const CROWDS = 3;
const NETWORK = 'stowage-bench';

let serial = 0;

/** Pods against the same containers made and started at the engine's API and nothing else, in turn. */
export async function startOverhead(rig: AgentRig, engine: Engine, say: Say): Promise<Figure[]> {
  const network = await engine.docker.createNetwork({ Name: `${NETWORK}-${process.pid}`, Driver: 'bridge' });
  const bare = new BarePods(engine, `${NETWORK}-${process.pid}`);
  const cellId = await rig.cellId();
  const pods = async (count: number) => {
    const times = await podStarts(rig.client, count, TEST_IMAGE, { nodeName: NODE });
    await eventually('the engine to be done', async () => (await engine.containers(cellId)).length === 0, 120_000);
    return times;
  };
  try {
    const [ones, bareOnes, crowds, bareCrowds]: number[][] = [[], [], [], []] as never;
    for (let round = 1; round <= ONES; round++) {
      if (round % 5 === 1) say(`one pod, round ${round} of ${ONES}`);
      ones!.push(...(await pods(1)));
      bareOnes!.push(await bare.start(1, 1));
    }
    for (let round = 1; round <= CROWDS; round++) {
      say(`${CROWD} pods at once, round ${round} of ${CROWDS}`);
      crowds!.push(Math.max(...(await pods(CROWD))));
      // Whichever suits the engine better.
      bareCrowds!.push(Math.min(await bare.start(CROWD, CROWD), await bare.start(CROWD, 2)));
    }
    const rate = (times: readonly number[]) => CROWD / (median(times) / 1000);
    return [
      known('bare create and start of a pause container and one more, p50', median(bareOnes!), 'ms'),
      known('pod create to Running, p50', median(ones!), 'ms'),
      atMost('pod start over bare create and start, p50', median(ones!) - median(bareOnes!), 'ms', 150),
      known(`the engine alone, ${CROWD} at once`, rate(bareCrowds!), 'pods/s'),
      known(`pods, ${CROWD} at once`, rate(crowds!), 'pods/s'),
      atLeast(`of the engine's own rate, ${CROWD} at once`, (rate(crowds!) / rate(bareCrowds!)) * 100, '%', 80),
    ];
  } finally {
    await network.remove();
  }
}

/** What a pod of one container is, at the engine: a container that holds the network, and one that shares it. */
class BarePods {
  readonly #engine: Engine;
  readonly #network: string;

  constructor(engine: Engine, network: string) {
    this.#engine = engine;
    this.#network = network;
  }

  /** Milliseconds until all of them run, with at most `atOnce` under way. Leaves none behind. */
  async start(count: number, atOnce: number): Promise<number> {
    const made: string[] = [];
    const startMs = performance.now();
    let left = count;
    const worker = async () => {
      while (left-- > 0) await this.#pair(made);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const ms = performance.now() - startMs;
    for (const id of made.reverse()) await this.#engine.docker.getContainer(id).remove({ force: true, v: true });
    return ms;
  }

  async #pair(made: string[]): Promise<void> {
    const holder = await this.#one(PAUSE_IMAGE, this.#network, made);
    await this.#one(TEST_IMAGE, `container:${holder}`, made);
  }

  async #one(image: string, network: string, made: string[]): Promise<string> {
    const container = await this.#engine.docker.createContainer({
      name: `stowage-bench-${process.pid}-${serial++}`,
      Image: image,
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: network, Memory: 64 * 1024 ** 2, MemorySwap: 64 * 1024 ** 2 },
    });
    made.push(container.id);
    await container.start();
    return container.id;
  }
}
