import { protocolGrammars } from '../agents/protocol.ts';
import { DOCUMENTS } from './documents.ts';
import { fuzz } from './grammar.ts';
import { WORDS } from './words.ts';

/** Every grammar for its share of the time, then again with the next seed. The faults that were found, one of each grammar at the most. */
export async function fuzzGrammars(firstSeed: number, seconds: number, say: (line: string) => void): Promise<string[]> {
  const protocol = await protocolGrammars();
  const grammars = [...WORDS, ...DOCUMENTS, ...protocol.grammars];
  const until = performance.now() + seconds * 1_000;
  const forMs = Math.min(20_000, (seconds * 1_000) / grammars.length);
  const faults = new Map<string, string>();
  const counts = new Map<string, number>();
  try {
    for (let seed = firstSeed; performance.now() < until; seed += 1) {
      for (const grammar of grammars) {
        if (faults.has(grammar.name) || performance.now() >= until) continue;
        const { tried, fault } = await fuzz(grammar, { seed, forMs });
        counts.set(grammar.name, (counts.get(grammar.name) ?? 0) + tried);
        if (!fault) continue;
        faults.set(grammar.name, fault);
        say(fault);
      }
    }
  } finally {
    await protocol.stop();
  }
  for (const [name, tried] of counts) say(`${name}: ${tried} read`);
  return [...faults.values()];
}
