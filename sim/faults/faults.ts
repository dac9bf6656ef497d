import { engineFaults } from './engine-faults.ts';
import { networkFaults } from './network-faults.ts';
import { processFaults } from './process-faults.ts';
import { storeFaults } from './store-faults.ts';

/** All that can go wrong, by name. */
export const FAULTS = { ...processFaults, ...networkFaults, ...storeFaults, ...engineFaults };

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];
