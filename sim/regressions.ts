/** Runs that once broke a promise. Each names what it found, and is run with every test. */
export interface Regression {
  readonly found: string;
  /** Of `npm run sim`. */
  readonly args: readonly string[];
}

export const REGRESSIONS: readonly Regression[] = [];
