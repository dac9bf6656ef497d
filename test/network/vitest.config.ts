import { defineConfig } from 'vitest/config';

/** `npm run test:network`: needs root, Docker, iproute2 and nftables, and makes network namespaces. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/network/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
