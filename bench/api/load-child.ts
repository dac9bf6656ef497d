import { answer, type Order } from './orders.ts';

/** A process that burdens the API, on orders. Ends when its parent does. */
process.on('message', async ({ id, order, argument }: { id: number; order: Order; argument: never }) => {
  try {
    process.send!({ id, value: await answer(order, argument) });
  } catch (error) {
    process.send!({ id, error: String((error as Error).stack) });
  }
});
process.on('disconnect', () => process.exit());
