import { dockerRuntime } from '../agent/docker/docker-runtime.ts';
import { systemClock } from '../platform/clock.ts';
import { ensureDemoImage } from './demo-image.ts';
import { verdictOn } from './trouble.ts';

/**
 * A program of its own, run once by the demo with the Docker host as its argument: packing an image out of Node.js takes hundreds
 * of megabytes, which a long-running cell should not have held. Prints what was made as JSON.
 */
const runtime = dockerRuntime({ host: process.argv[2], clock: systemClock });
try {
  process.stdout.write(JSON.stringify(await ensureDemoImage(runtime)));
} catch (error) {
  process.stderr.write(`${verdictOn(error).message}\n`);
  process.exitCode = 1;
} finally {
  runtime.close();
}
