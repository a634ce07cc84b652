import type { Order } from './order.ts';

/** Sums are in the order's currency, with two decimals. */
export interface Invoice {
  readonly customer: string;
  readonly items: number;
  readonly net: number;
  /** For each rate of tax, the lowest first. */
  readonly taxes: readonly { readonly rate: number; readonly net: number; readonly tax: number }[];
  readonly total: number;
}

/** Adds up an order. Computed in cents; the tax is rounded once for each rate, half a cent up. */
export function invoiceOf({ customer, items }: Order): Invoice {
  const netOfRate = new Map<number, number>();
  for (const { quantity, cents, tax } of items)
    netOfRate.set(tax, (netOfRate.get(tax) ?? 0) + quantity * cents);
  const taxes = [...netOfRate]
    .sort(([one], [other]) => one - other)
    .map(([rate, net]) => ({ rate, net, tax: Math.round((net * rate) / 100) }));
  const net = sum(taxes.map((each) => each.net));
  return {
    customer,
    items: sum(items.map(({ quantity }) => quantity)),
    net: net / 100,
    taxes: taxes.map((each) => ({ rate: each.rate, net: each.net / 100, tax: each.tax / 100 })),
    total: (net + sum(taxes.map((each) => each.tax))) / 100,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
