import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { TestCell } from '../../cell.ts';
import type { Ran } from '../../kubectl.ts';
import { Desk } from '../kubectl/desk.ts';
import { selfSigned } from './papers.ts';

/** What an output must be, blanks at the ends of its lines and of itself apart: the whole of it, or something in it. */
export type Expected = string | RegExp | readonly RegExp[];

export interface Given {
  /** On standard input; what is no text goes there as JSON. */
  input?: string | object;
  env?: Record<string, string>;
}

/** One part of the script. Whatever it needs it makes, under names that no other scene uses. */
export type Scene = (session: Session) => Promise<void>;
/** Scenes by title. */
export type Chapter = Readonly<Record<string, Scene>>;

/** A person with one kubectl, a namespace and a directory for files; types lines as in a shell, where '...' keeps blanks together. */
export class Session extends Desk {
  /** 31 for kubectl 1.31. */
  readonly minor: number;
  readonly directory: string;
  readonly cell: TestCell;

  constructor(path: string, minor: number, cell: TestCell) {
    super(path, cell.kubeconfig, `session-${minor}`);
    this.minor = minor;
    this.directory = join(cell.directory, this.namespace);
    this.cell = cell;
  }

  /** Whatever kubectl answers to the line. */
  type(line: string, { input, env }: Given = {}): Promise<Ran> {
    const [verb, ...more] = words(line);
    return this.try(verb!, more, { input: typeof input === 'object' ? JSON.stringify(input) : input, env });
  }

  /** The line does what it should, and says so on standard output. */
  async says(line: string, expected: Expected, given?: Given): Promise<string> {
    const { code, stdout, stderr } = await this.type(line, given);
    const told = `kubectl ${line} ended with ${code}: ${stderr}`;
    expect(code, told).toBe(0);
    matches(stdout, expected, told);
    return stdout;
  }

  /** The same for a line of which only its success matters, and what it says. */
  ask(line: string, given?: Given): Promise<string> {
    return this.says(line, [], given);
  }

  /** The line fails, and says why on standard error. */
  async refused(line: string, expected: Expected, given?: Given): Promise<void> {
    const { code, stdout, stderr } = await this.type(line, given);
    const told = `kubectl ${line} ended with ${code}: ${stdout}`;
    expect(code, told).not.toBe(0);
    matches(stderr, expected, told);
  }

  /** What stands in the API: the value at a JSONPath of `what` ("deployment web"). */
  async holds(what: string, path: string, expected: string | RegExp): Promise<void> {
    const value = await this.ask(`get ${what} -o 'jsonpath={${path}}'`);
    matches(value, expected, `${path} of ${what}`);
  }

  /** There is no such object: "configmap/web". */
  async lacks(...names: string[]): Promise<void> {
    expect(await this.ask(`get ${names.join(' ')} --ignore-not-found -o name`)).toBe('');
  }

  /** How this kubectl says that it has deleted objects of the namespace: `configmap "web"`. */
  deleted(...names: string[]): string {
    const where = this.minor >= 34 ? ` from ${this.namespace} namespace` : '';
    return names.map((name) => `${name} deleted${where}`).join('\n');
  }

  /** The path of a file with that content, in the directory of the session. */
  async file(name: string, content: string | object): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  /** Paths of a certificate of that name, signed by itself, and of its key. */
  async certificate(name: string): Promise<{ cert: string; key: string }> {
    const { cert, key } = await selfSigned(name);
    return { cert: await this.file(`${name}.crt`, cert), key: await this.file(`${name}.key`, key) };
  }

  executable(name: string): Promise<void> {
    return chmod(join(this.directory, name), 0o755);
  }

  read(name: string): Promise<string> {
    return readFile(join(this.directory, name), 'utf8');
  }
}

function matches(text: string, expected: Expected, told: string): void {
  const shown = text.replaceAll(/ +$/gm, '').trimEnd();
  if (typeof expected === 'string') expect(shown, told).toBe(expected);
  else for (const pattern of [expected].flat()) expect(shown, told).toMatch(pattern);
}

/** The words of a line. */
export function words(line: string): string[] {
  const quoted = line.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
  return quoted.map((word) => word.replaceAll("'", ''));
}
