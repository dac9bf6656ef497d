/** Prometheus' text format (its documentation, "Exposition formats"). */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** As `labelText` makes them; empty for none. */
  readonly labels: string;
  readonly value: number;
}

/** `{a="x",b="y"}`. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`;
}

const escaped = (value: string): string =>
  /[\\\n"]/.test(value) ? value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n') : value;

/** Families without samples are left out. */
export function expositionText(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { labels, value } of samples) lines.push(`${name}${labels} ${value}`);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
