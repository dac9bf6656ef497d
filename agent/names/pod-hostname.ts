import { Missing } from '../missing.ts';
import { type Pod, podKey, specOf } from '../pod-types.ts';

/** What a pod is called inside. */
export interface PodHostname {
  /** What `hostname` says. */
  readonly hostname: string;
  /** Its names, the full one first. */
  readonly names: readonly string[];
}

/** Longest label of a name, and longest host name that the kernel takes. */
const MOST_LABEL = 63;
const MOST_HOSTNAME = 64;

/**
 * Kubernetes, "DNS for Services and Pods", "Pod's hostname and subdomain fields", "setHostnameAsFQDN", "hostnameOverride". Throws
 * {@link Missing} where the full name is longer than a machine's name may be.
 */
export function hostnameOf(pod: Pod, clusterDomain: string): PodHostname {
  const { hostname, hostnameOverride, subdomain, setHostnameAsFQDN } = specOf(pod);
  if (hostnameOverride) return { hostname: hostnameOverride, names: [hostnameOverride] };
  const { namespace, name } = podKey(pod);
  const short = hostname || name.slice(0, MOST_LABEL).replace(/[-.]+$/, '');
  if (!subdomain) return { hostname: short, names: [short] };
  const full = `${short}.${subdomain}.${namespace}.svc.${clusterDomain}`;
  if (setHostnameAsFQDN && full.length > MOST_HOSTNAME) {
    throw new Missing(
      `setHostnameAsFQDN makes the host name ${full} of ${full.length} characters, and at most ${MOST_HOSTNAME} are allowed: use shorter names`,
    );
  }
  return { hostname: setHostnameAsFQDN ? full : short, names: [full, short] };
}
