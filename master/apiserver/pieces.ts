import type { Answer, Piece, PiecesAnswer } from './answer.ts';
import type { Turns } from './turns.ts';

/** Characters or bytes that go out at once. */
const CHUNK_LENGTH = 64 * 1024;
/** Objects are at most so many pieces of JSON. */
const FIRST_PIECES = 400;

/** How much is made before anybody else has a turn. */
export interface Beginning {
  readonly pieces: number;
  /** In characters or bytes. */
  readonly length: number;
}

const BEGINNING: Beginning = { pieces: FIRST_PIECES, length: CHUNK_LENGTH };

/**
 * Makes the beginning of an answer in pieces: the whole answer where that is all of it, else the same that goes on from there. What
 * cannot be made is found out as long as there can be another answer.
 */
export function begun(answer: Answer, first: Beginning = BEGINNING): Answer {
  if (answer.type !== 'pieces') return answer;
  const { code, contentType, headers } = answer;
  const rest = answer.pieces[Symbol.iterator]();
  const made: Piece[] = [];
  let length = 0;
  for (let count = 0; count < first.pieces && length < first.length; count++) {
    const next = rest.next();
    if (next.done) {
      return { type: 'whole', code, contentType, body: joined(made), ...(headers && { headers }) };
    }
    if (next.value.length > 0) made.push(next.value);
    length += next.value.length;
  }
  return { ...answer, pieces: resumed(made, rest) };
}

function* resumed(first: readonly Piece[], rest: Iterator<Piece>): Generator<Piece> {
  yield* first;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

/** The pieces joined to chunks that are worth sending, made in turns with everybody else's long work. */
export async function* chunksOf({ pieces }: PiecesAnswer, turns: Turns): AsyncGenerator<string | Buffer> {
  let batch: Piece[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (turns.over) await turns.next();
    if (piece.length > 0) batch.push(piece);
    length += piece.length;
    if (length < CHUNK_LENGTH) continue;
    yield joined(batch);
    batch = [];
    length = 0;
  }
  if (length > 0) yield joined(batch);
}

function joined(pieces: readonly Piece[]): string | Buffer {
  if (pieces.length === 0 || typeof pieces[0] === 'string') return pieces.join('');
  return Buffer.concat(pieces as readonly Uint8Array[]);
}
