import { readGiven } from '../../platform/misconfigured.ts';
import type { AuthOptions, AuthorizationMode } from './auth.ts';
import type { OidcOptions } from './authentication/oidc.ts';
import { tokenFile } from './authentication/token-file.ts';
import { openServiceAccountKey } from './tokens/service-account-keys.ts';

/** What whoever starts a master says of authentication and authorization. */
export interface AuthSettings {
  readonly mode?: AuthorizationMode;
  /** A file of tokens in Kubernetes' CSV form. */
  readonly tokenFile?: string;
  readonly oidc?: Omit<OidcOptions, 'caPem'> & { readonly caFile?: string };
}

/** Reads what the settings name. Rejects with a sentence about the file that cannot be used. */
export async function authOptions(
  settings: AuthSettings,
  dataDir: string,
): Promise<Pick<AuthOptions, 'mode' | 'staticTokens' | 'oidc' | 'serviceAccountKey'>> {
  const { mode, tokenFile: file, oidc } = settings;
  const { caFile, ...provider } = oidc ?? {};
  return {
    serviceAccountKey: await openServiceAccountKey(dataDir),
    mode,
    ...(file && { staticTokens: tokenFile((await readGiven(file, 'token file')).text, file) }),
    ...(oidc && {
      oidc: {
        ...(provider as OidcOptions),
        ...(caFile && { caPem: (await readGiven(caFile, 'authority of the OpenID Connect provider')).text }),
      },
    }),
  };
}
