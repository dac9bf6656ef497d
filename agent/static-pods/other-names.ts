import type { OpenTunnel, UsageReport } from '../../proto/messages.ts';

/** A request of the master, with the pod under the uid that it has on this machine. */
export function inwards(request: OpenTunnel, uidOf: (uid: string) => string): OpenTunnel {
  const { log, exec, portForward } = request;
  const meant = <R extends { pod: { uid: string } | null }>(asked: R): R =>
    asked.pod ? { ...asked, pod: { ...asked.pod, uid: uidOf(asked.pod.uid) } } : asked;
  return {
    ...request,
    ...(log && { log: meant(log) }),
    ...(exec && { exec: meant(exec) }),
    ...(portForward && { portForward: meant(portForward) }),
  };
}

/** What pods use, under the uids by which the master knows them; those that it does not know are left out. */
export function outwards(usage: UsageReport, uidOf: (uid: string) => string | undefined): UsageReport {
  const pods = (usage.pods ?? []).flatMap((pod) => {
    const uid = uidOf(pod.uid);
    return uid === undefined ? [] : [{ ...pod, uid }];
  });
  return { ...usage, pods };
}
