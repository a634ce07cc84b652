/** The input is bad, and the message says why. By its name it is known: the client is answered 422 with the message. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
