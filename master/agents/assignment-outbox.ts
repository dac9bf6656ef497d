import type { ApiObject } from '../../api/meta/object.ts';
import type { Assignments, Removal, Upsert } from '../../proto/messages.ts';
import type { Instruction } from './assignments.ts';

/** Later messages are kept small, so that an agent starts on the first pods while the rest is on its way. */
const MESSAGE_BYTES = 4 * 1024 * 1024;
/** The first message must hold every pod; this bounds what comes with them, well under the protocol's limit. */
const COMPLETE_BYTES = 48 * 1024 * 1024;

/**
 * What one agent has still to be told. Bounded by what can concern a node: a newer instruction about an object replaces an older
 * one that was not sent yet. JSON is asked for only when a message is made.
 */
export class AssignmentOutbox {
  readonly #json: (object: ApiObject) => string;
  readonly #pending = new Map<string, Instruction>();

  constructor(json: (object: ApiObject) => string) {
    this.#json = json;
  }

  get size(): number {
    return this.#pending.size;
  }

  put(instructions: readonly Instruction[]): void {
    for (const instruction of instructions) {
      const key = keyOf(instruction);
      // A pod moves to the end, behind objects it may only now refer to; those keep their place in front.
      if (instruction.plural === 'pods') this.#pending.delete(key);
      this.#pending.set(key, instruction);
    }
  }

  /** The first message of a session: every pod, and of the objects they refer to as many as fit (the rest follows). */
  takeComplete(): Assignments {
    const isPod = ([, instruction]: [string, Instruction]) => instruction.plural === 'pods';
    const entries = [...this.#pending];
    const message = empty(true);
    let bytes = 0;
    for (const [key, instruction] of entries.filter(isPod)) bytes += this.#move(key, instruction, message);
    for (const [key, instruction] of entries.filter((entry) => !isPod(entry))) {
      if (bytes > COMPLETE_BYTES) break;
      bytes += this.#move(key, instruction, message);
    }
    return message;
  }

  /** The next message, oldest instructions first, or `undefined` when nothing is pending. */
  take(): Assignments | undefined {
    if (this.#pending.size === 0) return undefined;
    const message = empty(false);
    let bytes = 0;
    for (const [key, instruction] of this.#pending) {
      if (bytes > MESSAGE_BYTES) break;
      bytes += this.#move(key, instruction, message);
    }
    return message;
  }

  /** Puts a pending instruction into the message; answers with its size in bytes. */
  #move(key: string, instruction: Instruction, message: Assignments): number {
    this.#pending.delete(key);
    if (instruction.type === 'removal') {
      message.removals.push(removal(instruction));
      return 0;
    }
    const upsert = this.#upsert(instruction);
    message.upserts.push(upsert);
    return Buffer.byteLength(upsert.json);
  }

  #upsert({ plural, object }: Instruction & { type: 'upsert' }): Upsert {
    const { namespace = '', name = '' } = object.metadata ?? {};
    return { plural, namespace, name, json: this.#json(object) };
  }
}

const empty = (complete: boolean): Assignments => ({ complete, upserts: [], removals: [] });

const removal = ({ plural, namespace, name, uid }: Instruction & { type: 'removal' }): Removal => ({
  plural,
  namespace,
  name,
  uid,
});

/** Pods that follow each other under one name are different things to an agent; the objects they refer to are not. */
function keyOf(instruction: Instruction): string {
  const of = instruction.type === 'upsert' ? (instruction.object.metadata ?? {}) : instruction;
  const key = `${instruction.plural}/${of.namespace ?? ''}/${of.name ?? ''}`;
  return instruction.plural === 'pods' ? `${key}/${of.uid ?? ''}` : key;
}
