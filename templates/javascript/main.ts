// An order as JSON, the invoice for it as JSON. What is no order is refused, with the field that is wrong.

import { type Invoice, invoiceOf } from './invoice.ts';
import { orderOf } from './order.ts';
import { Refusal } from './refusal.ts';

/**
 * Called for each request. What it returns is the answer: bytes, a text, or a value that becomes JSON; a promise of one, too.
 *
 * @throws Refusal if the input is bad; whatever else is thrown is a fault of this function's
 */
export default function answer(input: Uint8Array): Invoice {
  return invoiceOf(orderOf(parse(input)));
}

function parse(input: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(input));
  } catch (error) {
    throw new Refusal(`the order is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}
