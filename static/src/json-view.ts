/** How deep, how many and how long things of an answer are shown; the download has all. */
const MAX_DEPTH = 12;
const MAX_ENTRIES = 500;
const MAX_TEXT = 300;

/** A value of JSON as nested lists, outer ones open; nothing of it is taken as HTML. */
export function jsonTree(value: unknown): HTMLElement {
  const left = { entries: MAX_ENTRIES };
  return nodeOf(value, 0, left);
}

function nodeOf(value: unknown, depth: number, left: { entries: number }): HTMLElement {
  if (typeof value !== 'object' || value === null) return leaf(value);
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((each, index) => [String(index), each])
    : Object.entries(value);
  const details = document.createElement('details');
  details.open = depth < 3;
  const summary = document.createElement('summary');
  const unit = Array.isArray(value) ? 'item' : 'entry';
  const units = Array.isArray(value) ? 'items' : 'entries';
  summary.textContent = `${entries.length} ${entries.length === 1 ? unit : units}`;
  const list = document.createElement('ul');
  details.append(summary, list);
  for (const [key, each] of entries) {
    if (left.entries === 0 || depth >= MAX_DEPTH) {
      list.append(item('…', text('the download has all of it')));
      break;
    }
    left.entries -= 1;
    list.append(item(key, nodeOf(each, depth + 1, left)));
  }
  return details;
}

function item(key: string, value: HTMLElement): HTMLLIElement {
  const name = document.createElement('span');
  name.className = 'key';
  name.textContent = cut(key);
  const item = document.createElement('li');
  item.append(name, ' ', value);
  return item;
}

function leaf(value: unknown): HTMLElement {
  if (typeof value !== 'string') return text(String(value));
  const string = text(cut(value));
  string.className = 'string';
  return string;
}

function text(content: string): HTMLElement {
  const span = document.createElement('span');
  span.textContent = content;
  return span;
}

function cut(content: string): string {
  return content.length > MAX_TEXT ? `${content.slice(0, MAX_TEXT)}…` : content;
}
