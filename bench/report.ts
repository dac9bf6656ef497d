import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** One measured number and what was hoped for. */
export interface Figure {
  figure: string;
  value: number;
  unit: string;
  /** In words, with the number: `<= 3`. Absent where the figure is only there to be known. */
  target?: string;
  met?: boolean;
}

export const atMost = (figure: string, value: number, unit: string, limit: number): Figure => ({
  figure,
  value,
  unit,
  target: `<= ${round(limit)}`,
  met: value <= limit,
});

export const atLeast = (figure: string, value: number, unit: string, limit: number): Figure => ({
  figure,
  value,
  unit,
  target: `>= ${round(limit)}`,
  met: value >= limit,
});

export const known = (figure: string, value: number, unit: string): Figure => ({ figure, value, unit });

/** The value below which the share `q` (0 to 1) of the samples lies. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Prints the figures as a table and keeps them in `bench/results/NAME.json`. */
export async function report(name: string, figures: readonly Figure[]): Promise<void> {
  const rows = figures.map(({ figure, value, unit, target = '', met }) => [
    figure,
    String(round(value)),
    unit,
    target,
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]);
  const table = [['figure', 'value', 'unit', 'target', ''], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  const directory = fileURLToPath(new URL('./results/', import.meta.url));
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}${name}.json`, `${JSON.stringify(figures, null, 2)}\n`);
}

function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
