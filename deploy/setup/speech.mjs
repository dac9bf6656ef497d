// What the set-up says: one line a step, on standard error, so that standard output is the program's.

/** Something a person has to see to: one sentence. */
export class Failure extends Error {}

export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}
