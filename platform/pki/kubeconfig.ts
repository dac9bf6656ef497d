/** A kubeconfig with one cluster and one user. `server` is an https URL; the rest is PEM and names. */
export function kubeconfig(options: {
  server: string;
  caPem: string;
  certPem: string;
  keyPem: string;
  cluster: string;
  /** Name of the user's entry. Default `admin`. */
  user?: string;
}): string {
  const { server, cluster, user = 'admin' } = options;
  const userName = `${user}@${cluster}`;
  // Strings are written as JSON, which is YAML too, so that no name can break out of its place.
  const text = (value: string) => JSON.stringify(value);
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: ${text(cluster)}
  cluster:
    server: ${text(server)}
    certificate-authority-data: ${base64(options.caPem)}
users:
- name: ${text(userName)}
  user:
    client-certificate-data: ${base64(options.certPem)}
    client-key-data: ${base64(options.keyPem)}
contexts:
- name: ${text(cluster)}
  context:
    cluster: ${text(cluster)}
    user: ${text(userName)}
current-context: ${text(cluster)}
preferences: {}
`;
}
