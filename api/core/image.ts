/** Names of images: `[registry/]repository[:tag][@digest]`. */

/** Kubernetes' rule ("Images": default image pull policy): the tag `latest`, or neither tag nor digest, is fetched always. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  const [name = '', digest] = (image ?? '').split('@');
  const afterSlash = name.slice(name.lastIndexOf('/') + 1);
  const colon = afterSlash.indexOf(':');
  const tag = colon >= 0 ? afterSlash.slice(colon + 1) : digest ? '' : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}
