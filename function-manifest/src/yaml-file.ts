import { isMap, isNode, LineCounter, type Node, parseDocument, type Scalar } from 'yaml';

/** A YAML file that can be asked where each of its values stands. */
export interface YamlFile {
  readonly value: unknown;
  /** The line of a value, or of the nearest one around it that is there; of a key, if `key` is given. */
  lineOf(path: readonly PropertyKey[], key?: string): number | undefined;
}

/** What is wrong with the text, and where. */
export interface YamlProblem {
  readonly line: number;
  readonly problem: string;
}

/** Parses the text of one YAML document. */
export function parseYaml(text: string): YamlFile | YamlProblem {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) return { line: lineAt(error.pos[0]), problem: `is no YAML: ${error.message}` };
  try {
    return {
      value: document.toJS(), // Refuses what aliases blow up.
      lineOf: (path, key) => {
        const node = nearest(path, (part) => document.getIn(part, true));
        const place = key === undefined ? node : keyOf(node, key);
        return place?.range ? lineAt(place.range[0]) : undefined;
      },
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { line: 1, problem: `is no YAML that can be read: ${reason}` };
  }
}

function nearest(
  path: readonly PropertyKey[],
  get: (path: PropertyKey[]) => unknown,
): Node | null | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = get(path.slice(0, length));
    if (isNode(node)) return node;
  }
  const root = get([]);
  return isNode(root) ? root : undefined;
}

function keyOf(node: Node | null | undefined, key: string): Node | null | undefined {
  if (!isMap(node)) return node;
  const pair = node.items.find((item) => String((item.key as Scalar | null)?.value) === key);
  return isNode(pair?.key) ? pair.key : node;
}
