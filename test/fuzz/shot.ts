import type { ResourceDefinition } from '../../api/meta/definition.ts';

/** One request, as bytes will say it. */
export interface Shot {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly resource?: ResourceDefinition;
}

const SHOWN = 600;

/** As a person would read it. */
export function shown({ method, path, headers, body }: Shot): string {
  const text = body === undefined ? '' : body.toString('utf8');
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}... (${body?.length} bytes)` : text;
  return `${method} ${path.slice(0, SHOWN)} ${JSON.stringify(headers).slice(0, SHOWN)}${cut && `\n    ${JSON.stringify(cut)}`}`;
}
