import { parse } from 'yaml';
import { Misconfigured } from '../../../platform/misconfigured.ts';

/** Which resources are kept encrypted, and with which keys: what `--encryption-key` names. */
export interface Protection {
  readonly rules: readonly ProtectionRule[];
  /** Every key of the file, by name: whatever was written with one of them can be read. */
  readonly keys: ReadonlyMap<string, SealingKey>;
}

export interface ProtectionRule {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group) or `*.*`. */
  readonly resources: readonly string[];
  /** What new values are encrypted with. Absent: they are written as they are. */
  readonly writesWith?: SealingKey;
  /** Whether values that are not encrypted are believed. */
  readonly readsPlain: boolean;
}

export interface SealingKey {
  readonly name: string;
  /** 16, 24 or 32 bytes; a file with nothing but a key has 32. */
  readonly bytes: Buffer;
}

const KEY_LENGTHS = [16, 24, 32];
const PLAIN_KEY_LENGTH = 32;
/** What the key of a file is called that holds nothing else. */
const ONLY_KEY = 'key1';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const KEY_NAME = /^[^:\s]{1,128}$/;

/**
 * Reads a key file: 32 bytes in base64, for secrets, or a configuration in Kubernetes' form (Kubernetes docs, "Encrypting Confidential
 * Data at Rest"). Throws one sentence that names the place and says what is allowed. `file` is what the message calls it.
 */
export function readProtection(text: string, file: string): Protection {
  const trimmed = text.trim();
  if (BASE64.test(trimmed)) return onlyKey(trimmed, file);
  const fail = (why: string, cause?: unknown): Error =>
    new Misconfigured(`the encryption key file ${file} ${why}`, { cause });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw fail(`is neither a key in base64 nor YAML: ${String((error as Error).message).split('\n', 1)[0]}`, error);
  }
  return new ConfigurationReader(fail).read(value);
}

function onlyKey(text: string, file: string): Protection {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== PLAIN_KEY_LENGTH)
    throw new Misconfigured(
      `the encryption key file ${file} holds ${bytes.length} bytes in base64, but a key has 32: make one with \`head -c 32 /dev/urandom | base64\``,
    );
  const key = { name: ONLY_KEY, bytes };
  return {
    rules: [{ resources: ['secrets'], writesWith: key, readsPlain: true }],
    keys: new Map([[key.name, key]]),
  };
}

type Fields = Record<string, unknown>;

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Owns the keys it has come across in one file. */
class ConfigurationReader {
  readonly #fail: (why: string) => Error;
  readonly #keys = new Map<string, SealingKey>();

  constructor(fail: (why: string) => Error) {
    this.#fail = fail;
  }

  read(value: unknown): Protection {
    if (!isMap(value) || value.kind !== 'EncryptionConfiguration' || value.apiVersion !== 'apiserver.config.k8s.io/v1')
      throw this.#fail(
        'must hold 32 bytes in base64, or `kind: EncryptionConfiguration` with `apiVersion: apiserver.config.k8s.io/v1`',
      );
    const rules = this.#list(value.resources, 'resources').map((entry, at) => this.#rule(entry, `resources[${at}]`));
    return { rules, keys: this.#keys };
  }

  #rule(entry: unknown, path: string): ProtectionRule {
    if (!isMap(entry)) throw this.#fail(`has at ${path} no map with \`resources\` and \`providers\``);
    const resources = this.#list(entry.resources, `${path}.resources`).map((name) => {
      if (typeof name === 'string' && /^(\*|[a-z0-9-]+)(\.(\*|[a-z0-9.-]*))?$/.test(name) && name !== '*') return name;
      throw this.#fail(`has ${JSON.stringify(name)} in ${path}.resources: name a resource, such as secrets or *.apps`);
    });
    const providers = this.#list(entry.providers, `${path}.providers`).map((provider, at) =>
      this.#provider(provider, `${path}.providers[${at}]`),
    );
    const [first] = providers;
    return {
      resources,
      ...(first?.[0] && { writesWith: first[0] }),
      readsPlain: providers.some((keys) => keys.length === 0),
    };
  }

  /** The keys of a provider; none for `identity`. */
  #provider(provider: unknown, path: string): SealingKey[] {
    const names = isMap(provider) ? Object.keys(provider) : [];
    const [name] = names;
    if (!isMap(provider) || names.length !== 1)
      throw this.#fail(`must have one provider at ${path}: aesgcm or identity`);
    if (name === 'identity') return [];
    if (name !== 'aesgcm')
      throw this.#fail(`has the provider ${name} at ${path}, which this cell does not have: use aesgcm, or identity`);
    const { keys } = isMap(provider.aesgcm) ? provider.aesgcm : {};
    return this.#list(keys, `${path}.aesgcm.keys`).map((key, at) => this.#key(key, `${path}.aesgcm.keys[${at}]`));
  }

  #key(value: unknown, path: string): SealingKey {
    const { name, secret } = isMap(value) ? value : {};
    if (typeof name !== 'string' || !KEY_NAME.test(name))
      throw this.#fail(`needs at ${path}.name a name without blanks and colons`);
    const bytes = Buffer.from(typeof secret === 'string' && BASE64.test(secret.trim()) ? secret : '', 'base64');
    if (!KEY_LENGTHS.includes(bytes.length))
      throw this.#fail(`needs at ${path}.secret 32 bytes in base64 (16 and 24 are taken too), it has ${bytes.length}`);
    const known = this.#keys.get(name);
    if (known && !known.bytes.equals(bytes))
      throw this.#fail(`has two keys of the name ${name}: a value says by name which key opens it`);
    const key = known ?? { name, bytes };
    this.#keys.set(name, key);
    return key;
  }

  #list(value: unknown, path: string): unknown[] {
    if (Array.isArray(value) && value.length > 0) return value;
    throw this.#fail(`needs a list at ${path}`);
  }
}
