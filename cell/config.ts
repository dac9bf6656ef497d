import { yaml } from '../platform/yaml.ts';
import { Trouble } from './trouble.ts';

/**
 * Settings of a command. Each has one name: `--data-dir` on the command line, `STOWAGE_DATA_DIR` in the environment, `data-dir` in
 * the config file. A flag goes before the environment, that before the file, that before the default. Pure.
 */
export interface Setting<T> {
  /** Flag without its dashes. One that starts with `no-` is a switch and true when given. */
  readonly name: string;
  /** What stands for the value in `--help`; absent for a switch. */
  readonly placeholder?: string;
  readonly description: string;
  /** `undefined`: the setting has no default, and its value may be `undefined`. */
  readonly fallback: T;
  /** Reads the text of a value. Throws `BadValue` that says what is allowed. */
  read(text: string): T;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type Values<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** What is wrong with a value, and what would be right: the end of a sentence. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

type Spec<T> = Pick<Setting<T>, 'name' | 'placeholder' | 'description' | 'fallback'>;

export const text = <T extends string | undefined>(spec: Spec<T>): Setting<T> => ({
  ...spec,
  read: (value) => {
    if (value === '') throw new BadValue('must not be empty');
    return value as T;
  },
});

export const wholeNumber = <T extends number | undefined>(
  spec: Spec<T> & { least: number; most: number },
): Setting<T> => ({
  ...spec,
  read: (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= spec.least && number <= spec.most) return number as T;
    throw new BadValue(`must be a whole number from ${spec.least} to ${spec.most}`);
  },
});

export const choice = <const V extends string>(spec: Spec<V> & { values: readonly V[] }): Setting<V> => ({
  ...spec,
  read: (value) => {
    const found = spec.values.find((each) => each === value);
    if (found === undefined) throw new BadValue(`must be ${spec.values.join(' or ')}`);
    return found;
  },
});

/** `http://` or `https://` addresses, separated by commas. */
export const urls = (spec: Spec<readonly string[]>): Setting<readonly string[]> => ({
  ...spec,
  read: (value) => {
    const all = value.split(',').map((each) => each.trim());
    for (const each of all) {
      if (!/^https?:\/\/[^/\s]+\/?$/.test(each))
        throw new BadValue(`holds "${each}", which is not like http://127.0.0.1:2379`);
    }
    return all;
  },
});

export const toggle = (spec: Pick<Setting<boolean>, 'name' | 'description'>): Setting<boolean> => ({
  ...spec,
  fallback: false,
  read: (value) => {
    if (['true', '1', 'yes'].includes(value)) return true;
    if (['false', '0', 'no', ''].includes(value)) return false;
    throw new BadValue('must be true or false');
  },
});

export interface Sources {
  /** Values by flag name, as given on the command line. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The config file, where there is one. */
  readonly file?: { readonly path: string; readonly text: string };
}

/** `data-dir` -> `STOWAGE_DATA_DIR`. */
export const variableOf = (name: string): string => `STOWAGE_${name.toUpperCase().replaceAll('-', '_')}`;

/**
 * The value of each setting. Throws `Trouble` naming the place of the first bad value. `known` lists the settings of the other
 * commands, which a file that serves several commands may hold; any other key is refused.
 */
export function resolveSettings<S extends Settings>(
  settings: S,
  sources: Sources,
  known: readonly string[] = [],
): Values<S> {
  const fromFile = fileValues(sources.file, [...Object.values(settings).map(({ name }) => name), ...known]);
  const values = Object.entries(settings).map(([key, setting]) => [key, settledValue(setting, sources, fromFile)]);
  return Object.fromEntries(values) as Values<S>;
}

function settledValue(setting: Setting<unknown>, sources: Sources, fromFile: Map<string, string>): unknown {
  const flag = sources.flags[setting.name];
  if (flag !== undefined) return readFrom(setting, String(flag), `--${setting.name}`);
  const variable = variableOf(setting.name);
  const inherited = sources.env[variable];
  if (inherited !== undefined && inherited !== '') return readFrom(setting, inherited, variable);
  const written = fromFile.get(setting.name);
  if (written !== undefined) return readFrom(setting, written, `${setting.name} in ${sources.file?.path}`);
  return setting.fallback;
}

function readFrom(setting: Setting<unknown>, value: string, place: string): unknown {
  try {
    return setting.read(value);
  } catch (error) {
    if (error instanceof BadValue) throw new Trouble(`${place} is "${value}", but it ${error.message}`, 2, error);
    throw error;
  }
}

function fileValues(file: Sources['file'], names: readonly string[]): Map<string, string> {
  if (!file) return new Map();
  let content: unknown;
  try {
    content = yaml().parse(file.text) ?? {};
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    throw new Trouble(`the config file ${file.path} is not YAML: ${line}`, 2, error);
  }
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new Trouble(`the config file ${file.path} must be a map of settings such as \`port: 6443\``, 2);
  }
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(content as Record<string, unknown>)) {
    if (!names.includes(key)) {
      throw new Trouble(
        `the config file ${file.path} has the unknown key "${key}": known are ${[...new Set(names)].sort().join(', ')}`,
        2,
      );
    }
    if (value === null || value === undefined) continue;
    if (typeof value === 'object' && !Array.isArray(value)) {
      throw new Trouble(`${key} in ${file.path} must be a single value or a list, not a map`, 2);
    }
    values.set(key, Array.isArray(value) ? value.join(',') : String(value));
  }
  return values;
}
