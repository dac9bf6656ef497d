import { TEST_IMAGE } from '../../test/docker.ts';
import { eventually } from '../../test/eventually.ts';
import { residentMegabytes } from '../process-use.ts';
import { atLeast, type Figure, known, median } from '../report.ts';
import { type AgentRig, PODS } from './rig.ts';

const NAME = 'writer';
/** As a program logs: the engine keeps 50 MB of a container's log, its own frame around each line included. */
const LINE_CHARS = 120;
const LINES = 200_000;
const ROUNDS = 5;

/** How fast a log comes from the engine's files to a client of the API. */
export async function logRate(rig: AgentRig): Promise<Figure[]> {
  const line = 'x'.repeat(LINE_CHARS - 1);
  const script = `yes ${line} | busybox head -n ${LINES}; exec sleep 100000`;
  await rig.create(NAME, {
    containers: [
      { name: 'main', image: TEST_IMAGE, command: ['/bin/busybox', 'sh', '-c', script.replace('yes', 'busybox yes')] },
    ],
  });
  await rig.ready(1);
  const wanted = LINES * LINE_CHARS;
  await eventually('the log to be written', async () => (await read(rig)).bytes === wanted, 120_000);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { bytes, ms } = await read(rig);
    rates.push(bytes / 1e6 / (ms / 1000));
  }
  const rss = await residentMegabytes(rig.pid);
  await rig.remove([NAME]);
  return [
    atLeast(`log of lines of ${LINE_CHARS} bytes, engine to API client`, median(rates), 'MB/s', 80),
    known('agent RSS after these logs', rss, 'MB'),
  ];
}

async function read(rig: AgentRig): Promise<{ bytes: number; ms: number }> {
  const startMs = performance.now();
  const body = await rig.client.open('GET', `${PODS}/${NAME}/log`);
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) bytes += piece.length;
  return { bytes, ms: performance.now() - startMs };
}
