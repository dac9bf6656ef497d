import { Misconfigured, readGiven } from '../../platform/misconfigured.ts';
import type { EtcdCredentials, EtcdUser } from './etcd-client.ts';

/** Files by which a master is let into etcd, with the names of kube-apiserver's flags where it has them. */
export interface EtcdAccessFiles {
  /** Authorities that certify etcd's members. Default: those that the system trusts. */
  readonly caFile?: string;
  /** The certificate to show, and its key. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** `USER:PASSWORD`, for an etcd with authentication. */
  readonly userFile?: string;
}

export interface EtcdAccess {
  readonly credentials?: EtcdCredentials;
  readonly user?: EtcdUser;
}

/** Reads the files. Rejects with `Misconfigured` where one cannot be read, or they do not make sense together. */
export async function readEtcdAccess(files: EtcdAccessFiles, endpoints: readonly string[]): Promise<EtcdAccess> {
  const { caFile, certFile, keyFile, userFile } = files;
  if (!certFile !== !keyFile)
    throw new Misconfigured('--etcd-certfile and --etcd-keyfile belong together: give both, or neither');
  const plain = endpoints.find((endpoint) => !endpoint.startsWith('https://'));
  if (plain !== undefined && (caFile || certFile))
    throw new Misconfigured(
      `the etcd endpoint ${plain} is spoken to without TLS, so no certificate can be used there: write https://`,
    );
  const [ca, cert, key, user] = await Promise.all([
    caFile && readGiven(caFile, 'authority of etcd'),
    certFile && readGiven(certFile, 'certificate for etcd'),
    keyFile && readGiven(keyFile, 'key for etcd'),
    userFile && readGiven(userFile, 'file with the user of etcd'),
  ]);
  const bytes = (file: { text: string } | '' | undefined) => (file ? Buffer.from(file.text) : undefined);
  const credentials = { rootCertificate: bytes(ca), certChain: bytes(cert), privateKey: bytes(key) };
  return {
    ...((ca || cert) && { credentials }),
    ...(user && { user: userIn(user.text, userFile ?? '') }),
  };
}

function userIn(text: string, file: string): EtcdUser {
  const [, name, password] = /^([^:\s]+):(.+)$/.exec(text.trim()) ?? [];
  if (name === undefined || password === undefined)
    throw new Misconfigured(`the file with the user of etcd ${file} must hold one line of the form USER:PASSWORD`);
  return { name, password };
}
