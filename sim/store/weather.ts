/** How the store does at present. Faults change it. */
export interface StoreWeather {
  /** An answer takes so long beyond the network, at least and at most. */
  delayMs: readonly [number, number];
  /** Nothing is answered before this moment. */
  stalledUntilMs: number;
  /** Chances, for each request, that it is lost on its way there, or its answer on its way back. */
  lostRequests: number;
  lostAnswers: number;
}

export const fairWeather = (): StoreWeather => ({
  delayMs: [0.2, 2],
  stalledUntilMs: 0,
  lostRequests: 0,
  lostAnswers: 0,
});
