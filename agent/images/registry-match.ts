import { matchesLabel } from './label-pattern.ts';

/** The registry of images that name none. */
const DEFAULT_REGISTRY = 'docker.io';
const DEFAULT_REGISTRY_NAMES = /^(index\.docker\.io|registry-1\.docker\.io|docker\.io)(?=\/|$)/;

/** `registry/path` of an image reference, without tag and digest. */
export function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const [first = '', ...rest] = name.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (hasRegistry) return name.replace(DEFAULT_REGISTRY_NAMES, DEFAULT_REGISTRY);
  return `${DEFAULT_REGISTRY}/${rest.length > 0 ? name : `library/${name}`}`;
}

/** A registry as a Docker configuration names it, `https://index.docker.io/v1/`, as `host[:port][/path]`. */
export function normalHost(server: string): string {
  const bare = server.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  return bare.replace(/\/v[12]$/, '').replace(DEFAULT_REGISTRY_NAMES, DEFAULT_REGISTRY);
}

/**
 * Whether credentials for `server` are for `image` (Kubernetes, "Images", "Interpretation of config.json"): the host matches label by
 * label, where `*`, `?` and `[...]` stand for parts of one label; a port must be the same; a path must lead to the image.
 */
export function matchesImage(server: string, image: string): boolean {
  const [wantedHost = '', ...wantedPath] = normalHost(server).split('/');
  const [host = '', ...path] = repositoryOf(image).split('/');
  const [wantedName = '', wantedPort = ''] = wantedHost.split(':');
  const [name = '', port = ''] = host.split(':');
  const wanted = wantedName.split('.');
  const labels = name.split('.');
  if (port !== wantedPort || labels.length !== wanted.length) return false;
  return (
    labels.every((label, i) => matchesLabel(wanted[i] ?? '', label)) && wantedPath.every((part, i) => part === path[i])
  );
}
