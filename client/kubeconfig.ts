import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { yaml } from '../platform/yaml.ts';
import { CommandFailure } from './failure.ts';

/**
 * Reads kubeconfig files. Ours, because loading the reader of @kubernetes/client-node takes 350-700 ms and 90 MB, which every
 * `stowctl get` would pay; this one takes what `yaml` takes, 30 ms.
 */

/** All that a client needs to speak to one API server. */
export interface ClusterAccess {
  /** Base URL without a trailing slash. */
  readonly server: string;
  readonly namespace: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Where the token was read, and where the next one will be when it has run out. */
  readonly tokenFile?: string;
  readonly serverName?: string;
  readonly insecure?: boolean;
}

interface Named {
  name?: string;
  cluster?: Record<string, unknown>;
  context?: Record<string, unknown>;
  user?: Record<string, unknown>;
}

interface KubeconfigFile {
  'current-context'?: string;
  clusters?: Named[];
  contexts?: Named[];
  users?: Named[];
}

/** The access that the file's current (or the named) context gives. Throws `CommandFailure` naming the file and the fault. */
export function readKubeconfig(file: string, contextName?: string): ClusterAccess {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandFailure(
      `cannot read the kubeconfig ${file} (${why}): start a cell with \`stowctl up\`, or name the file with --kubeconfig`,
      1,
      error,
    );
  }
  return accessFrom(text, file, contextName);
}

/** As {@link readKubeconfig}, from the file's text. Paths inside are relative to the file. */
export function accessFrom(text: string, file: string, contextName?: string): ClusterAccess {
  const config = parsed(text, file);
  const wanted = contextName ?? config['current-context'];
  if (!wanted) throw new CommandFailure(`the kubeconfig ${file} has no current-context: name one with --context`);
  const context = find(config.contexts, wanted, 'context', file);
  const cluster = find(config.clusters, textOf(context.cluster), 'cluster', file);
  const user = context.user === undefined ? {} : find(config.users, textOf(context.user), 'user', file);
  if (user.exec || user['auth-provider']) {
    throw new CommandFailure(
      `the user of context ${wanted} in ${file} logs in through a plug-in, which stowctl cannot run: use a client certificate or a token`,
    );
  }
  const server = textOf(cluster.server).replace(/\/+$/, '');
  if (!/^https?:\/\//.test(server)) throw new CommandFailure(`cluster.server in ${file} is not a URL: "${server}"`);
  const from = dirname(resolve(file));
  return {
    server,
    namespace: textOf(context.namespace) || 'default',
    ca: material(cluster, 'certificate-authority', from),
    cert: material(user, 'client-certificate', from),
    key: material(user, 'client-key', from),
    ...tokenOf(user, from),
    serverName: textOf(cluster['tls-server-name']) || undefined,
    insecure: cluster['insecure-skip-tls-verify'] === true,
  };
}

function parsed(text: string, file: string): KubeconfigFile {
  try {
    const value: unknown = yaml().parse(text);
    if (value && typeof value === 'object') return value as KubeconfigFile;
  } catch (error) {
    throw new CommandFailure(`the kubeconfig ${file} is not YAML: ${(error as Error).message}`, 1, error);
  }
  throw new CommandFailure(`the kubeconfig ${file} is empty`);
}

function find(
  entries: Named[] | undefined,
  name: string,
  what: 'cluster' | 'context' | 'user',
  file: string,
): Record<string, unknown> {
  const found = entries?.find((entry) => entry.name === name)?.[what];
  if (found) return found;
  const there = entries?.map((entry) => entry.name).join(', ') || 'none';
  throw new CommandFailure(`the kubeconfig ${file} has no ${what} "${name}" (there: ${there})`);
}

/** An inline token goes before a file, as in kubectl. */
function tokenOf(user: Record<string, unknown>, from: string): Pick<ClusterAccess, 'token' | 'tokenFile'> {
  const file = textOf(user.tokenFile);
  if (user.token || !file) return { token: textOf(user.token) || undefined };
  return { token: fileText(file, from)?.trim(), tokenFile: resolve(from, file) };
}

/** Inline base64 (`<field>-data`) goes before a path (`<field>`), as in kubectl. */
function material(entry: Record<string, unknown>, field: string, from: string): string | undefined {
  const inline = textOf(entry[`${field}-data`]);
  return inline ? Buffer.from(inline, 'base64').toString('utf8') : fileText(textOf(entry[field]), from);
}

function fileText(path: string, from: string): string | undefined {
  if (!path) return undefined;
  const full = resolve(from, path);
  try {
    return readFileSync(full, 'utf8');
  } catch (error) {
    throw new CommandFailure(`cannot read ${full}, which the kubeconfig names: ${(error as Error).message}`, 1, error);
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
