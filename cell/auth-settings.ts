import type { AuthSettings } from '../master/auth/settings.ts';
import { BadValue, choice, type Setting, text, type Values } from './config.ts';
import { Trouble } from './trouble.ts';

/** Who may use the API, and as whom: flags as Kubernetes' API server has them. */

const optional = (name: string, placeholder: string, description: string) =>
  text<string | undefined>({ name, placeholder, description, fallback: undefined });

const issuer: Setting<string | undefined> = {
  ...optional('oidc-issuer-url', 'url', 'OpenID Connect provider whose tokens are taken'),
  read: (value) => {
    if (!/^https:\/\/[^/?#\s]+[^?#\s]*$/.test(value)) throw new BadValue('must be like https://HOST/PATH');
    return value;
  },
};

const requiredClaims: Setting<Readonly<Record<string, string>> | undefined> = {
  name: 'oidc-required-claim',
  placeholder: 'claims',
  description: 'claims a token must have: name=value, separated by commas',
  fallback: undefined,
  read: (value) =>
    Object.fromEntries(
      value.split(',').map((claim) => {
        const at = claim.indexOf('=');
        if (at < 1) throw new BadValue(`holds "${claim}", which is not like name=value`);
        return [claim.slice(0, at).trim(), claim.slice(at + 1).trim()];
      }),
    ),
};

export const authSettings = {
  authorizationMode: choice({
    name: 'authorization-mode',
    placeholder: 'mode',
    description: 'RBAC, or AlwaysAllow',
    fallback: 'RBAC',
    values: ['RBAC', 'AlwaysAllow'],
  }),
  tokenAuthFile: optional('token-auth-file', 'file', 'bearer tokens, one a line: token,user,uid[,"group1,group2"]'),
  oidcIssuerUrl: issuer,
  oidcClientId: optional('oidc-client-id', 'id', 'for whom its tokens must be meant'),
  oidcUsernameClaim: optional('oidc-username-claim', 'claim', 'claim that names the user (default: sub)'),
  oidcUsernamePrefix: optional(
    'oidc-username-prefix',
    'text',
    'put before the name; - for nothing (default: the url and #, nothing for email)',
  ),
  oidcGroupsClaim: optional('oidc-groups-claim', 'claim', "claim that lists the user's groups"),
  oidcGroupsPrefix: optional('oidc-groups-prefix', 'text', 'put before each group'),
  oidcRequiredClaim: requiredClaims,
  oidcCaFile: optional('oidc-ca-file', 'file', "authority of the provider's certificate (default: the system's)"),
};

/** Throws `Trouble` where flags of the provider are given without the others they need. */
export function authOf(values: Values<typeof authSettings>): AuthSettings {
  const { authorizationMode: mode, tokenAuthFile, oidcIssuerUrl: issuerUrl, oidcClientId: clientId } = values;
  if (!issuerUrl !== !clientId)
    throw new Trouble('--oidc-issuer-url and --oidc-client-id belong together: give both, or neither', 2);
  return {
    mode,
    ...(tokenAuthFile && { tokenFile: tokenAuthFile }),
    ...(issuerUrl && clientId && { oidc: { issuerUrl, clientId, ...oidcDetails(values) } }),
  };
}

const oidcDetails = (values: Values<typeof authSettings>) => ({
  usernameClaim: values.oidcUsernameClaim,
  usernamePrefix: values.oidcUsernamePrefix,
  groupsClaim: values.oidcGroupsClaim,
  groupsPrefix: values.oidcGroupsPrefix,
  requiredClaims: values.oidcRequiredClaim,
  caFile: values.oidcCaFile,
});
