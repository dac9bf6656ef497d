import { resolve } from 'node:path';
import type { EtcdAccessFiles } from '../master/store/etcd-access.ts';
import { text, type Values } from './config.ts';

/** How a cell's etcd lets us in: flags as Kubernetes' API server has them, and the file with a user and password. */

const file = (name: string, description: string) =>
  text<string | undefined>({ name, placeholder: 'file', description, fallback: undefined });

export const etcdAccessSettings = {
  etcdCafile: file('etcd-cafile', 'authority that certifies etcd servers (default: those that the system trusts)'),
  etcdCertfile: file('etcd-certfile', 'certificate to show to etcd'),
  etcdKeyfile: file('etcd-keyfile', 'key of that certificate'),
  etcdUserfile: file('etcd-userfile', 'USER:PASSWORD, for an etcd with authentication'),
};

export type EtcdAccessValues = Values<typeof etcdAccessSettings>;

/** Absent where none is given. Paths are made absolute: they are also kept, for commands that are run elsewhere. */
export function etcdAccessOf(values: Partial<EtcdAccessValues>): EtcdAccessFiles | undefined {
  const given = {
    caFile: values.etcdCafile,
    certFile: values.etcdCertfile,
    keyFile: values.etcdKeyfile,
    userFile: values.etcdUserfile,
  };
  const entries = Object.entries(given).flatMap(([name, path]) => (path ? [[name, resolve(path)] as const] : []));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** As flags of a command line. */
export const etcdAccessFlags = ({ caFile, certFile, keyFile, userFile }: EtcdAccessFiles = {}): string =>
  Object.entries({ cafile: caFile, certfile: certFile, keyfile: keyFile, userfile: userFile })
    .flatMap(([name, path]) => (path ? [` --etcd-${name} ${path}`] : []))
    .join('');
