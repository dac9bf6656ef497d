import { defineConfig } from 'vitest/config';

/** `npm run test:deploy`: needs root, Docker, systemd, docker-compose, debootstrap, and the network for apt and npm. Minutes long. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/deploy/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 900_000,
    fileParallelism: false,
  },
});
