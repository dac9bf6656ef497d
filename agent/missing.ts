/** Something a pod refers to is not there, or not offered. Caught where the reference is followed; the message is for people. */
export class Missing extends Error {
  override readonly name = 'Missing';
}
