/** Runs that once broke a promise. Each names what it found, and is run with every test. */
export interface Regression {
  readonly found: string;
  /** Of `npm run sim`. */
  readonly args: readonly string[];
}

export const REGRESSIONS: readonly Regression[] = [
  {
    found: 'a patch that changed nothing of a state that the cache was late with was answered, and lost',
    args: ['--seed', '1011', '--hours', '0.2', '--users', '4', '--nodes', '4'],
  },
  {
    found: 'a container that ended after the clock of its machine was set back was said to run for ever',
    args: ['--seed', '7046', '--hours', '0.1', '--users', '2', '--nodes', '3'],
  },
  {
    found: 'a watch was told the sum of what its master had missed, and not that it had missed something',
    args: ['--seed', '8006', '--hours', '0.1', '--users', '2', '--nodes', '3'],
  },
  {
    found: 'two masters each let in the last pod that a quota grants',
    args: ['--seed', '710023', '--hours', '0.2', '--users', '4', '--nodes', '4'],
  },
  {
    found: 'a node that came back told conditions of others as it had known them',
    args: ['--seed', '720090', '--hours', '0.2', '--users', '4', '--nodes', '4'],
  },
  {
    found: 'a master that was cut off from the store had an agent run what was over',
    args: ['--seed', '740027', '--hours', '0.2', '--users', '4', '--nodes', '4'],
  },
];
