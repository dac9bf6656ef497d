/**
 * Where a cell's identity (./files.ts) is kept in the store: outside what the API serves. It is sealed as Secrets are, where there is a
 * key (`store/encryption/`).
 */
export const IDENTITY_KEY = '/cell/identity';
