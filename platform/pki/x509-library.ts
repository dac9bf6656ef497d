import type * as X509 from '@peculiar/x509';

/** The functions of the metadata proposal that the library's dependency-injection container asks for while it loads. */
const METADATA_FUNCTIONS = ['getMetadata', 'getOwnMetadata'] as const;

/**
 * Loads @peculiar/x509, which costs 22 MB and 120 ms, so only who must make or sign a certificate does.
 *
 * The library's container (tsyringe) refuses to load without `Reflect.getMetadata`, yet the library never decorates a class:
 * every question it asks of that function has the answer "nothing". So those answers are lent for the time of loading and
 * taken back, instead of a polyfill that would change `Reflect` for the whole process.
 */
export async function loadX509(): Promise<typeof X509> {
  const lent = METADATA_FUNCTIONS.filter((name) => !(name in Reflect));
  for (const name of lent) {
    Object.defineProperty(Reflect, name, { configurable: true, value: () => undefined });
  }
  try {
    return await import('@peculiar/x509');
  } finally {
    for (const name of lent) Reflect.deleteProperty(Reflect, name);
  }
}
