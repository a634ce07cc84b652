import { Refusal } from './refusal.ts';

export interface Item {
  readonly name: string;
  readonly quantity: number;
  /** Of one, without tax, in cents. */
  readonly cents: number;
  /** Rate of tax, in per cent. */
  readonly tax: number;
}

export interface Order {
  readonly customer: string;
  readonly items: readonly Item[];
}

const MAX_ITEMS = 1000;
const MAX_QUANTITY = 10_000;
const MAX_PRICE = 1_000_000;

/**
 * An order, if that is what a value is.
 *
 * @throws Refusal naming the first field that is wrong, and its value
 */
export function orderOf(value: unknown): Order {
  const { customer, items } = fields(value, '');
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_ITEMS)
    throw wrong('items', items, `be a list of 1 to ${MAX_ITEMS} items`);
  return {
    customer: text(customer, 'customer'),
    items: items.map((item, index) => itemOf(item, `items[${index}]`)),
  };
}

function itemOf(value: unknown, place: string): Item {
  const { name, quantity, price, tax } = fields(value, place);
  const cents = Math.round(number(price, `${place}.price`, 0, MAX_PRICE) * 100);
  if (Math.abs(cents - Number(price) * 100) > 1e-6)
    throw wrong(`${place}.price`, price, 'have at most two decimals');
  const count = number(quantity, `${place}.quantity`, 1, MAX_QUANTITY);
  if (!Number.isInteger(count)) throw wrong(`${place}.quantity`, quantity, 'be a whole number');
  return {
    name: text(name, `${place}.name`),
    quantity: count,
    cents,
    tax: number(tax, `${place}.tax`, 0, 100),
  };
}

function fields(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(place, value, 'be an object');
  return { ...value };
}

function text(value: unknown, place: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw wrong(place, value, 'be a text');
  return value;
}

function number(value: unknown, place: string, least: number, most: number): number {
  if (typeof value !== 'number' || value < least || value > most)
    throw wrong(place, value, `be a number from ${least} to ${most}`);
  return value;
}

function wrong(place: string, value: unknown, rule: string): Refusal {
  const what = place === '' ? 'the order' : `field ${place}`;
  const shown = JSON.stringify(value) ?? 'missing';
  return new Refusal(`${what} must ${rule}, and is ${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}`);
}
