/** One figure of a service's `GET /metrics`, by its name and labels as they are written there; of one function any. */
export async function figure(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text
    .split('\n')
    .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{function=`));
  if (line === undefined) throw new Error(`there is no ${name} in:\n${text}`);
  return Number(line.slice(line.lastIndexOf(' ')));
}
