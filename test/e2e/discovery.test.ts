import { afterAll, beforeAll, describe, inject } from 'vitest';
import { TestCell } from '../cell.ts';
import { Engine } from '../docker.ts';
import { type Account, prometheusAccount } from './discovery/account.ts';
import { informers } from './discovery/informers.suite.ts';
import { metrics } from './discovery/metrics.suite.ts';
import { Scraper } from './discovery/scraper.ts';
import { NAMESPACE, shop } from './discovery/shop.ts';
import { targets } from './discovery/targets.suite.ts';

describe("Prometheus' discovery in a cell", () => {
  let cell: TestCell;
  let account: Account;
  let scraper: Scraper | undefined;

  beforeAll(async () => {
    const options = { dockerHost: inject('dockerHost'), kubectl: inject('kubectl') };
    await new Engine(options.dockerHost).ensureTestImage();
    cell = await TestCell.create(options);
    await cell.start();
    await cell.kubectl.run(['create', 'namespace', NAMESPACE]);
    await cell.kubectl.run(['apply', '-n', NAMESPACE, '-f', '-'], JSON.stringify(shop));
    await cell.kubectl.run(['rollout', 'status', 'deployment/web', '-n', NAMESPACE, '--timeout=60s']);
    account = await prometheusAccount(cell);
    scraper = await Scraper.start(inject('victoriaMetrics'), cell, account.directory, NAMESPACE);
  });

  afterAll(async () => {
    await scraper?.end();
    await cell?.destroy();
  });

  describe('what the shipped configuration scrapes', () =>
    metrics(
      () => cell,
      () => scraper!,
    ));
  describe('what the roles find', () =>
    targets(
      () => cell,
      () => scraper!,
    ));
  describe("what Prometheus' own client asks", () =>
    informers(
      () => cell,
      () => account.token,
    ));
});
