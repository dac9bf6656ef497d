import { inject } from 'vitest';
import { story } from './story.suite.ts';

story('a cell on the embedded store', async () => ({
  options: { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') },
}));
