import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { openSqliteStore } from './sqlite.ts';

/**
 * Run by sqlite.test.ts as a process of its own: commits without end, and prints each key once its commit has been acknowledged.
 * The test kills it in the middle.
 */
const store = await openSqliteStore({ file: process.argv[2] ?? '', clock: systemClock, log: silentLogger });

async function writer(name: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const key = `/w${name}/${i}`;
    const pair = [`${key}/a`, `${key}/b`];
    await store.commit({
      compares: [],
      ops: pair.map((each) => ({ type: 'put', key: each, value: `value of ${each}` })),
    });
    process.stdout.write(`${key}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, name) => writer(name)));
