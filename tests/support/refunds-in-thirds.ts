/** What three refunds of 10.00 give back of an order that 23.00 and 700 points paid, as [fen, points], by policy. */
export const REFUNDS_IN_THIRDS = [
  [
    "proportional",
    [
      [766, 234],
      [767, 233],
      [767, 233],
    ],
  ],
  [
    "money_first",
    [
      [1000, 0],
      [1000, 0],
      [300, 700],
    ],
  ],
  [
    "points_first",
    [
      [300, 700],
      [1000, 0],
      [1000, 0],
    ],
  ],
] as const;
