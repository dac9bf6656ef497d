import { type Pod, type Secret, type Sources, specOf } from '../pod-types.ts';
import type { RegistryCredentials } from '../runtime.ts';
import { matchesImage, normalHost } from './registry-match.ts';

/** One registry's entry in a Docker configuration. */
interface Entry {
  readonly username?: string;
  readonly password?: string;
  /** `username:password` in base64. */
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

export interface PullSecrets {
  /** Those that may open the image's registry, to be tried in turn: the closest match first. */
  readonly credentials: readonly RegistryCredentials[];
  /** Secrets that the pod names and that are not there or hold no credentials. */
  readonly unusable: readonly string[];
}

/** What a pod's pull secrets hold for `image` (Kubernetes, "Pull an Image from a Private Registry"; "Images", "Using a private registry"). */
export function pullSecrets(image: string, pod: Pod, sources: Sources): PullSecrets {
  const names = (specOf(pod).imagePullSecrets ?? []).flatMap(({ name }) => name || []);
  const unusable: string[] = [];
  const found = names.flatMap((name) => {
    const entries = entriesOf(sources.secret(name));
    if (!entries) unusable.push(name);
    return Object.entries(entries ?? {});
  });
  const matching = found
    .filter(([server]) => matchesImage(server, image))
    .sort(([a], [b]) => normalHost(b).length - normalHost(a).length)
    .flatMap(([server, entry]) => credentialsOf(server, entry) ?? []);
  const distinct = new Map(matching.map((one) => [JSON.stringify(one), one]));
  return { credentials: [...distinct.values()], unusable };
}

/** Entries by registry; undefined where the secret has none that can be read. */
function entriesOf(secret: Secret | undefined): Record<string, Entry> | undefined {
  const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  try {
    switch (secret?.type) {
      case 'kubernetes.io/dockerconfigjson':
        return asEntries((JSON.parse(text('.dockerconfigjson')) as { auths?: unknown }).auths);
      case 'kubernetes.io/dockercfg':
        return asEntries(JSON.parse(text('.dockercfg')));
      default:
        return undefined;
    }
  } catch {
    // What is wrong with it must not be told: the words of the parser quote it.
    return undefined;
  }
}

function asEntries(value: unknown): Record<string, Entry> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => typeof entry === 'object' && entry !== null));
}

function credentialsOf(server: string, entry: Entry): RegistryCredentials | undefined {
  const { identitytoken: identityToken, registrytoken: registryToken } = entry;
  const [username, password] = entry.auth ? splitAuth(entry.auth) : [entry.username, entry.password];
  if (!username && !identityToken && !registryToken) return undefined;
  return { server: normalHost(server), username, password, identityToken, registryToken };
}

function splitAuth(auth: string): [string, string] {
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}
