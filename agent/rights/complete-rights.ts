import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Container, Pod } from '../pod-types.ts';
import type { ContainerRuntime, ContainerSpec, ImageInfo } from '../runtime.ts';
import { type Identity, identityOf } from './container-rights.ts';

/** What completing a container's rights needs of the machine. */
export interface RightsParts {
  readonly runtime: Pick<ContainerRuntime, 'image' | 'info'>;
  /** Where `seccompProfile.localhostProfile` is looked for. */
  readonly seccompRoot: string;
}

type Completed = { readonly ok: true; readonly spec: ContainerSpec } | { readonly ok: false; readonly message: string };

/**
 * Adds to a container's spec what only the machine knows: the image's user, the text of a seccomp profile, whether there is AppArmor.
 * Asks for nothing that the pod does not make necessary. Rejects with the runtime's errors.
 */
export async function completeRights(
  spec: ContainerSpec,
  container: Container,
  pod: Pod,
  parts: RightsParts,
): Promise<Completed> {
  const identity = identityOf(container, pod);
  const lack = await appArmorLack(container, identity, parts);
  if (lack) return { ok: false, message: lack };
  const seccomp = await seccompText(container, identity, parts);
  if (!seccomp.ok) return seccomp;
  const user = await userFor(spec, container, identity, parts);
  if (!user.ok) return user;
  return { ok: true, spec: { ...spec, user: user.text, ...(seccomp.text !== undefined && { seccomp: seccomp.text }) } };
}

type Text = { readonly ok: true; readonly text: string | undefined } | { readonly ok: false; readonly message: string };

async function userFor(
  spec: ContainerSpec,
  { name }: Container,
  identity: Identity,
  parts: RightsParts,
): Promise<Text> {
  const { runAsUser, runAsGroup, runAsNonRoot } = identity;
  if (runAsUser !== undefined || (runAsGroup === undefined && !runAsNonRoot)) return { ok: true, text: spec.user };
  const image = await parts.runtime.image(spec.image);
  // Without the image nothing is made either.
  if (!image) return { ok: true, text: spec.user };
  const refusal = runAsNonRoot ? rootRefusal(name, image) : undefined;
  if (refusal) return { ok: false, message: refusal };
  const [user] = image.user.split(':');
  return { ok: true, text: runAsGroup === undefined ? spec.user : `${user || '0'}:${runAsGroup}` };
}

/** Kubernetes, "Configure a Security Context", runAsNonRoot: a user's name says nothing of his number. */
export function rootRefusal(container: string, { user }: Pick<ImageInfo, 'user'>): string | undefined {
  const [name = ''] = user.split(':');
  if (/^0*$/.test(name) || name === 'root') {
    return `container "${container}" must not run as root (runAsNonRoot), but its image does: set runAsUser`;
  }
  if (/^\d+$/.test(name)) return undefined;
  return `container "${container}" has runAsNonRoot and its image the non-numeric user "${name}": cannot verify that it is not root; set runAsUser`;
}

async function seccompText(container: Container, { seccompProfile }: Identity, parts: RightsParts): Promise<Text> {
  if (seccompProfile?.type !== 'Localhost') return { ok: true, text: undefined };
  const asked = seccompProfile.localhostProfile ?? '';
  const inside = normalize(asked);
  const refuse = (why: string): Text => ({
    ok: false,
    message: `container "${container.name}" asks for the seccomp profile "${asked}": ${why}`,
  });
  if (inside.startsWith('/') || inside.split('/').includes('..')) return refuse('it must be a path without ".."');
  const file = join(parts.seccompRoot, inside);
  try {
    const text = await readFile(file, 'utf8');
    // The engine takes the text itself; in one line its answers stay readable.
    return { ok: true, text: JSON.stringify(JSON.parse(text)) };
  } catch (error) {
    return refuse(`cannot read ${file}: ${(error as Error).message}`);
  }
}

async function appArmorLack(
  container: Container,
  identity: Identity,
  { runtime }: RightsParts,
): Promise<string | undefined> {
  const { appArmorProfile: profile } = identity;
  if (!profile || profile.type === 'Unconfined') return undefined;
  if ((await runtime.info()).security.includes('apparmor')) return undefined;
  const which = profile.type === 'Localhost' ? `"${profile.localhostProfile}"` : profile.type;
  return `container "${container.name}" asks for the AppArmor profile ${which}, but this machine's engine has no AppArmor`;
}
