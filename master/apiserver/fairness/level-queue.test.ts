import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LevelQueue, type Seat } from './level-queue.ts';

/** Somebody in a test: he waits, is seated, or was pushed out. */
interface Guest {
  readonly flow: string;
  readonly width: number;
  seat?: Seat;
  pushedOut?: boolean;
  giveUp?: () => void;
}

/** A queue and everybody who came, in the order of their coming. */
class Room {
  readonly queue: LevelQueue;
  readonly guests: Guest[] = [];
  /** In the order in which they were seated. */
  readonly seated: Guest[] = [];

  constructor(seats: number, bounds: { waitingPerFlow?: number; waiting?: number } = {}) {
    this.queue = new LevelQueue({ seats, waitingPerFlow: 50, waiting: 1_000, ...bounds });
  }

  /** False: refused. */
  come(flow: string, asked = 1): Guest | undefined {
    const guest: Guest = { flow, width: this.queue.widthOf(asked) };
    const take = (seat: Seat) => {
      guest.seat = seat;
      this.seated.push(guest);
    };
    const seat = this.queue.enter(flow, guest.width);
    if (seat) take(seat);
    else {
      const pushedOut = () => {
        guest.pushedOut = true;
      };
      guest.giveUp = this.queue.wait(flow, { width: guest.width, seated: take, pushedOut });
      if (!guest.giveUp) return undefined;
    }
    this.guests.push(guest);
    return guest;
  }

  leave(guest: Guest): void {
    this.guests.splice(this.guests.indexOf(guest), 1);
    if (guest.seat) guest.seat.leave();
    else guest.giveUp?.();
  }

  get inside(): Guest[] {
    return this.guests.filter(({ seat }) => seat);
  }

  get waiting(): Guest[] {
    return this.guests.filter(({ seat, pushedOut }) => !seat && !pushedOut);
  }

  usedBy(flow?: string): number {
    const mine = this.inside.filter((guest) => flow === undefined || guest.flow === flow);
    return mine.reduce((sum, { width }) => sum + width, 0);
  }
}

const FLOWS = ['a', 'b', 'c', 'd', 'e'];
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ flow: fc.constantFrom(...FLOWS), width: fc.integer({ min: 1, max: 10 }) }) },
  { weight: 2, arbitrary: fc.record({ leave: fc.nat() }) },
);

describe('a level', () => {
  test('never gives out more seats than there are, nor more than half to one flow, nor leaves room that somebody may have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 120 }), (seats, steps) => {
        const room = new Room(seats);
        const half = Math.max(1, Math.floor(seats / 2));
        for (const each of steps) {
          if ('flow' in each) room.come(each.flow, each.width);
          else if (room.guests.length > 0) room.leave(room.guests[each.leave % room.guests.length]!);
          const { queue } = room;
          expect([queue.usedSeats, queue.executing, queue.waiting]).toEqual([
            room.usedBy(),
            room.inside.length,
            room.waiting.length,
          ]);
          expect(queue.usedSeats).toBeLessThanOrEqual(seats);
          const firsts = FLOWS.flatMap((flow) => room.waiting.find((guest) => guest.flow === flow) ?? []);
          for (const flow of FLOWS) expect(room.usedBy(flow)).toBeLessThanOrEqual(half);
          const able = firsts.filter(({ flow, width }) => room.usedBy(flow) + width <= half);
          // Of those whose flow may have more, at least the one whose turn it is does not fit.
          if (able.length > 0) expect(able.some(({ width }) => queue.usedSeats + width > seats)).toBe(true);
        }
      }),
    );
  });

  test('seats everybody who waits, in the order of his flow, however wide he is and whoever keeps coming', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 80 }), (seats, steps) => {
        const room = new Room(seats);
        for (const each of steps) {
          if ('flow' in each) room.come(each.flow, each.width);
          else if (room.inside.length > 0) room.leave(room.inside[each.leave % room.inside.length]!);
        }
        const waited = room.waiting;
        // The first to sit leaves, and a greedy flow sends two for each.
        for (let round = 0; waited.some(({ seat }) => !seat); round++) {
          expect(round).toBeLessThan(2_000);
          if (room.inside[0]) room.leave(room.inside[0]);
          room.come('greedy', 10);
          room.come('greedy');
        }
        for (const flow of FLOWS) {
          const mine = waited.filter((guest) => guest.flow === flow);
          expect(room.seated.filter((guest) => mine.includes(guest))).toEqual(mine);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('lets each of the others go before once at most, when somebody comes to a full one', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('b', 'c', 'd'), { minLength: 20, maxLength: 100 }), (others) => {
        const room = new Room(6);
        for (const flow of others) room.come(flow);
        const before = room.seated.length;
        const newcomer = room.come('newcomer')!;
        while (!newcomer.seat) room.leave(room.inside[0]!);
        const passed = room.seated.slice(before, -1).map(({ flow }) => flow);
        expect(new Set(passed).size).toBe(passed.length);
      }),
    );
  });

  test('has room at once for another flow while one greedy flow holds and wants all it can', () => {
    const room = new Room(33);
    for (let i = 0; i < 60; i++) room.come('greedy', 10);
    expect(room.usedBy('greedy')).toBe(15);
    expect(room.come('modest')?.seat).toBeDefined();
  });

  test('lets no narrow one pass a wide one whose turn it is', () => {
    const room = new Room(10);
    for (const flow of 'aaaaabbbb') room.come(flow);
    const wide = room.come('c', 2)!;
    const narrow = room.come('d')!;
    expect([room.queue.usedSeats, wide.seat, narrow.seat]).toEqual([9, undefined, undefined]);
    room.leave(room.inside[0]!);
    expect([wide.seat?.width, narrow.seat]).toEqual([2, undefined]);
    room.leave(wide);
    expect(narrow.seat).toBeDefined();
  });

  test('pushes out the last of the longest flow when too many wait', () => {
    const room = new Room(2, { waiting: 4 });
    for (let i = 0; i < 6; i++) room.come('greedy');
    room.come('other');
    room.come('other');
    expect(room.waiting.map(({ flow }) => flow)).toEqual(['greedy', 'greedy', 'greedy', 'other']);
    expect(room.guests.filter(({ pushedOut }) => pushedOut)).toHaveLength(1);
    expect(room.come('greedy')).toBeUndefined();
  });

  test('refuses whose own queue is full', () => {
    const room = new Room(2, { waitingPerFlow: 3 });
    const came = Array.from({ length: 5 }, () => room.come('a'));
    expect(came.map((guest) => guest !== undefined)).toEqual([true, true, true, true, false]);
    expect(room.come('b')).toBeDefined();
  });

  test('does not remember flows that have gone', () => {
    const room = new Room(2);
    for (let i = 0; i < 10_000; i++) room.leave(room.come(`flow-${i}`)!);
    expect(room.queue.rememberedFlows).toBeLessThan(2_100);
  });
});
