import { builtInCatalogue } from '../../api/registry.ts';
import { Registry } from '../../platform/metrics.ts';
import type { MasterContext } from '../context.ts';
import { controllerMetrics } from '../controllers/kit/metrics.ts';
import { OwnerlessIndex } from '../controllers/kit/ownerless-index.ts';
import { ControllerRunner } from '../controllers/kit/runner.ts';
import type { CacheHolder } from '../store/cache.ts';
import type { Store } from '../store/store.ts';
import { CustomCatalogue } from './catalogue.ts';
import { customResourceController } from './controller.ts';
import { webhookConverter } from './webhook-converter.ts';

/** The catalogue with the controller that establishes definitions, for tests without the other controllers. */
export async function startCustomResources(
  context: MasterContext & { readonly cache: MasterContext['cache'] & CacheHolder; readonly store: Store },
): Promise<{ catalogue: CustomCatalogue; stop(): Promise<void> }> {
  const { cache, store, clock, log, rng } = context;
  const converterOf = (definition: Parameters<typeof webhookConverter>[0]) => webhookConverter(definition, rng);
  const catalogue = new CustomCatalogue({ builtIn: builtInCatalogue, cache, store, converterOf, clock, log });
  const metrics = controllerMetrics(new Registry(), () => []);
  const controller = customResourceController(builtInCatalogue, catalogue);
  const runner = new ControllerRunner(controller, context, new OwnerlessIndex(cache, []), metrics, catalogue);
  await catalogue.start();
  await runner.start();
  return {
    catalogue,
    async stop() {
      await runner.stop();
      await catalogue.stop();
    },
  };
}
