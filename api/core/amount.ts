/** The amount of one resource. Names come from outside: what every object inherits (`constructor`) is no amount. */
export const amountOf = (amounts: Record<string, string> | undefined, name: string): string | undefined =>
  amounts && Object.hasOwn(amounts, name) ? amounts[name] : undefined;
