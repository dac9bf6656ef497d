import { controllerBugs } from './planted/controller-bugs.ts';
import { machineBugs } from './planted/machine-bugs.ts';
import { memoryBugs } from './planted/memory-bugs.ts';
import { schedulingBugs } from './planted/scheduling-bugs.ts';
import { storeBugs } from './planted/store-bugs.ts';

/** All bugs that can be planted, by name. */
export const MUTATIONS = { ...storeBugs, ...controllerBugs, ...schedulingBugs, ...machineBugs, ...memoryBugs };

export type MutationName = keyof typeof MUTATIONS;
export const MUTATION_NAMES = Object.keys(MUTATIONS) as readonly MutationName[];
