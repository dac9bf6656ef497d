/** `node:crypto` without what no seed determines. */
export * from 'node:crypto';

const refuse = (what: string) => () => {
  throw new Error(`${what} was used inside a simulation: randomness comes from Rng`);
};

export const randomBytes = refuse('randomBytes');
export const randomUUID = refuse('randomUUID');
export const generateKeyPair = refuse('generateKeyPair');
