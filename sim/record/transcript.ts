import type { Observation } from '../history.ts';
import { EPOCH_MS } from '../time/life.ts';

/** What happened, as lines for people, the newest so many of them. */
export class Transcript {
  readonly #most: number;
  readonly #lines: string[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  take(seen: Observation): void {
    if (this.#most > 0) this.line(seen.atMs - EPOCH_MS, wordsOf(seen));
  }

  line(atMs: number, words: string): void {
    if (this.#most === 0) return;
    this.#lines.push(`${(atMs / 1000).toFixed(4).padStart(12)} ${words}`);
    if (this.#lines.length > this.#most) this.#lines.shift();
  }
}

function wordsOf(seen: Observation): string {
  switch (seen.type) {
    case 'asked':
      return `${seen.client} asks #${seen.call}: ${seen.verb} ${placeOf(seen.target)}${seen.object ? ` ${short(seen.object)}` : ''}`;
    case 'answered':
      return `  #${seen.call} is answered ${seen.code} ${short(seen.object)}`;
    case 'watching':
      return `${seen.client} watches ${placeOf(seen.target)} from ${seen.from} (watch ${seen.watch}, ${seen.initial?.length ?? 'no'} objects)`;
    case 'told':
      return `  watch ${seen.watch}: ${seen.change} ${short(seen.object)}`;
    case 'unwatched':
      return `  watch ${seen.watch} is over`;
    case 'container':
      return `${seen.machine}: ${seen.name} of ${seen.podUid} ${seen.running ? 'runs' : 'has ended'} (${seen.container})`;
    case 'machine':
      return `${seen.machine} ${seen.up ? 'has power' : 'has lost its power'}`;
    case 'handed':
      return `${seen.machine} is given ${placeOf(seen.target)}`;
    case 'fault':
      return `FAULT ${seen.what} ${seen.begins ? 'begins' : 'ends'}`;
    case 'sample':
      return `${seen.of}: ${JSON.stringify(seen.sizes)}`;
    case 'calm':
      return 'CALM';
    case 'end':
      return 'END';
  }
}

const placeOf = ({ resource, namespace, name }: { resource: string; namespace: string; name: string }): string =>
  [resource, namespace, name].filter(Boolean).join(' ');

/** The parts of an object that tell most, what happens to it first. */
function short(object: unknown): string {
  const { kind, metadata, spec, status, reason, message, items } = (object ?? {}) as Record<string, never>;
  if (items) return `${(items as unknown[]).length} items`;
  const {
    name,
    namespace,
    resourceVersion: rv,
    deletionTimestamp,
    uid,
    finalizers,
  } = (metadata ?? {}) as Record<string, unknown>;
  const { phase, ...rest } = (status ?? {}) as Record<string, unknown>;
  const about = JSON.stringify({ phase, rv, deletionTimestamp, finalizers, uid, reason, message });
  return `${kind ?? ''} ${[namespace, name].filter(Boolean).join('/')} ${about} ${JSON.stringify({ status: rest, spec }).slice(0, MOST_LETTERS)}`;
}

const MOST_LETTERS = 1_500;
