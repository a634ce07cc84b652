/**
 * What `npm run dev` adds to the page: it is loaded again when its files change, and shows what does not build. Served, and
 * talked to, by scripts/src/dev/page-server.ts.
 */

/** Something that is wrong at the moment. */
interface DevProblem {
  readonly what: string;
  readonly text: string;
}

const STYLE = `
.dev-problems { position: fixed; inset: auto 0 0; z-index: 10; max-height: 50vh; overflow: auto; padding: 1rem;
  background: #2b1215; color: #fff; border-top: 4px solid #ff5a5f; }
.dev-problems h2 { margin: 0 0 0.5rem; font-size: 1rem; }
.dev-problems pre { margin: 0 0 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; }
`;

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
document.adoptedStyleSheets.push(sheet);
const box = document.createElement('aside');
box.className = 'dev-problems';
box.setAttribute('role', 'alert');
box.hidden = true;
document.body.append(box);

const events = new EventSource(new URL('events', import.meta.url));
events.addEventListener('reload', () => location.reload());
events.addEventListener('problems', ({ data }) => show(problemsOf(JSON.parse(String(data)))));

function show(problems: readonly DevProblem[]): void {
  box.hidden = problems.length === 0;
  box.replaceChildren(
    ...problems.flatMap(({ what, text }) => {
      const heading = document.createElement('h2');
      heading.textContent = what;
      const pre = document.createElement('pre');
      pre.textContent = text;
      return [heading, pre];
    }),
  );
}

function problemsOf(value: unknown): DevProblem[] {
  return Array.isArray(value) ? value.filter(isProblem) : [];
}

function isProblem(value: unknown): value is DevProblem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'what' in value &&
    typeof value.what === 'string' &&
    'text' in value &&
    typeof value.text === 'string'
  );
}
