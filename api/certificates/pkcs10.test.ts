import fc from 'fast-check';
import { expect, test } from 'vitest';
import { REQUEST } from '../sample.suite.ts';
import { readRequest, requestPem } from './pkcs10.ts';

const HEAD = '-----BEGIN CERTIFICATE REQUEST-----\n';
const TAIL = '\n-----END CERTIFICATE REQUEST-----\n';

test('reads the subject of a request', () => {
  expect(readRequest(requestPem(REQUEST))).toEqual({
    commonName: 'alice',
    organizations: ['blue'],
    otherAttributes: [],
    dnsNames: [],
    ipAddresses: [],
    emailAddresses: [],
    uris: [],
  });
});

test('whatever else comes is refused with a sentence', () => {
  expect(readRequest('hello')).toEqual({ fault: 'PEM block type must be CERTIFICATE REQUEST' });
  expect(readRequest(requestPem('%%%'))).toHaveProperty('fault');
  const body = requestPem(REQUEST).split('\n').slice(1, -2).join('');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(body.length - 1), fc.nat(63), (bytes, at, value) => {
      expect(readRequest(HEAD + btoa(String.fromCharCode(...bytes)) + TAIL)).toBeDefined();
      const letter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'[value];
      expect(readRequest(HEAD + body.slice(0, at) + letter + body.slice(at + 1) + TAIL)).toBeDefined();
    }),
  );
});
