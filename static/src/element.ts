/**
 * The element of index.html with this id.
 * @throws Error when index.html has no such element or it is of another type: page and script are out of step.
 */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with the id "${id}"`);
  return found;
}
