import { expect, test } from 'vitest';
import type { TestCell } from '../../cell.ts';
import { eventually } from '../../eventually.ts';
import { agentAddress, type Scraper } from './scraper.ts';
import { NAMESPACE } from './shop.ts';

/** What is scraped by the shipped configuration, with the token of a service account. */
export function metrics(cellOf: () => TestCell, scraperOf: () => Scraper): void {
  const names = (samples: { metric: Record<string, string> }[], label: string) =>
    [...new Set(samples.map(({ metric }) => metric[label]))].sort();

  test('the master', async () => {
    await scraperOf().answered('up{job="stowage-master"} == 1');
    await scraperOf().answered('stowage_pods{phase="Running"} >= 2');
  });

  test('the agents, found as nodes', async () => {
    await scraperOf().answered('up{job="stowage-agent",instance="n1"} == 1');
    const [target] = await scraperOf().targets('stowage-agent');
    expect(target).toMatchObject({
      scrapeUrl: expect.stringContaining(`https://${await agentAddress(cellOf())}/metrics`),
      lastError: '',
    });
    const used = await scraperOf().answered(
      `container_memory_working_set_bytes{namespace="${NAMESPACE}",container="main"} > 0`,
    );
    expect(names(used, 'instance')).toEqual(['n1']);
  });

  test.each(['pods', 'services'])('%s that ask for it', async (job) => {
    const samples = await eventually('both to be scraped', async () => {
      const found = await scraperOf().answered(`cargo_tons{job="${job}",hold="fore"}`);
      return found.length === 2 && found;
    });
    expect(samples.map(({ value }) => value[1])).toEqual(['7', '7']);
    expect(names(samples, 'namespace')).toEqual([NAMESPACE]);
    expect(names(samples, 'pod')).toHaveLength(2);
    if (job === 'services') expect(names(samples, 'service')).toEqual(['web']);
    else expect(names(samples, 'node')).toEqual(['n1']);
  });
}
