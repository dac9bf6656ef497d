import { readdir } from 'node:fs/promises';
import { type Figure, report } from './report.ts';

/** A bench is a file here that exports `bench`; its name is the file's. */
interface BenchModule {
  bench(say: (progress: string) => void): Promise<Figure[]>;
}

async function main(wanted: readonly string[]): Promise<void> {
  const files = await readdir(new URL('.', import.meta.url));
  const names = files
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => file.slice(0, -'.bench.ts'.length))
    .sort();
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`no bench is called ${unknown.join(', ')}; there are: ${names.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  for (const name of wanted.length > 0 ? wanted : names) {
    console.log(`\n== ${name}`);
    const module = (await import(`./${name}.bench.ts`)) as BenchModule;
    await report(name, await module.bench((progress) => console.error(`   ${progress}`)));
  }
}

await main(process.argv.slice(2));
