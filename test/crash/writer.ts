import { openSqliteStore } from '../../master/store/sqlite.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';

/**
 * Run as a process of its own, which is killed: commits without end under `/RUN/WRITER/`, each time a pair of keys and the count of
 * pairs so far, and prints `WRITER COUNT REVISION` once the commit has been acknowledged.
 */
const [file = '', run = ''] = process.argv.slice(2);
const store = await openSqliteStore({ file, clock: systemClock, log: silentLogger, historyRevisions: 500 });
const WRITERS = 8;
/** Some commits fill several pages of the file. */
const LARGE = 'x'.repeat(20_000);

async function write(writer: number): Promise<void> {
  const prefix = `/${run}/${writer}`;
  let modRevision = 0;
  for (let count = 1; ; count += 1) {
    const value = count % 50 === 0 ? LARGE : String(count);
    const result = await store.commit({
      compares: [{ key: `${prefix}/count`, modRevision }],
      ops: [
        { type: 'put', key: `${prefix}/${count}/a`, value },
        { type: 'put', key: `${prefix}/count`, value: String(count) },
        { type: 'put', key: `${prefix}/${count}/b`, value },
        ...(count > 20
          ? (['a', 'b'] as const).map((half) => ({ type: 'delete' as const, key: `${prefix}/${count - 20}/${half}` }))
          : []),
      ],
    });
    if (!result.ok) throw new Error(`${prefix}: commit ${count} lost to another, and there is none`);
    modRevision = (await store.get(`${prefix}/count`))?.modRevision ?? 0;
    process.stdout.write(`${writer} ${count} ${result.revision}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
