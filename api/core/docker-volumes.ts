/**
 * Driver name by which `csi` volumes stand for named volumes of Docker, which outlive pods. A persistent volume names any, by
 * `volumeHandle`; a pod itself only those of its namespace: `volumeAttributes.name` is `NAMESPACE.NAME` to Docker. No driver of
 * that name runs anywhere.
 */
export const DOCKER_VOLUMES = 'docker.volumes.stowage.dev';
