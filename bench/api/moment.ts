/** Microseconds on a clock that all processes of the machine share. */
export const momentUs = (): number => Math.round(Number(process.hrtime.bigint()) / 1_000);
