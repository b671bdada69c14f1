/** An amount in integer minor units with the currency's own exponent: 1999 EUR is 19.99 €, 1999 JPY is ¥1999. */
export interface Money {
  amount: number;
  /** ISO 4217. */
  currency: string;
}
