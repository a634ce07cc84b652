import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { functionFolders } from '../function-folders.js';
import { post } from '../hello.js';
import { folders } from '../mounts.js';
import { startService } from '../service.js';

// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
const Datasource = z.object({ type: z.literal('prometheus'), uid: z.literal('$' + '{datasource}') });
const Place = z.object({
  h: z.int().min(1),
  w: z.int().min(1).max(24),
  x: z.int().min(0),
  y: z.int().min(0),
});
const Panel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('row'), id: z.int(), title: z.string().min(1), gridPos: Place }),
  z.object({
    type: z.literal('timeseries'),
    id: z.int(),
    title: z.string().min(1),
    gridPos: Place,
    datasource: Datasource,
    fieldConfig: z.object({ defaults: z.object({ unit: z.string() }) }),
    targets: z
      .array(
        z.object({ refId: z.string(), datasource: Datasource, expr: z.string(), legendFormat: z.string() }),
      )
      .min(1),
  }),
]);
const Dashboard = z.object({
  title: z.string().min(1),
  uid: z.string().regex(/^[\w-]{1,40}$/),
  schemaVersion: z.int().min(36),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  time: z.object({ from: z.string(), to: z.string() }),
  panels: z.array(Panel),
});

const file = join(folders.repository, 'deploy/kubernetes/grafana-dashboard.json');
const dashboard = Dashboard.parse(JSON.parse(await readFile(file, 'utf8')));
const targets = dashboard.panels.flatMap((panel) => (panel.type === 'row' ? [] : panel.targets));

/** Labels that Prometheus itself adds. */
const OF_PROMETHEUS = ['job', 'instance'];

/** The metrics of an expression, and the labels that it has of each: none of its other words stand before a brace. */
function usesOf({ expr, legendFormat }: { expr: string; legendFormat: string }) {
  const metrics = [...expr.matchAll(/([a-zA-Z_]\w*)\{([^}]*)\}/g)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
  // Which label that is, a variable says.
  const isWritten = (label: string) => !label.startsWith('$');
  const shown = [...legendFormat.matchAll(/\{\{(\$?\w+)\}\}/g)].map(([, label = '']) => label);
  return { metrics, labels: [...grouped, ...shown].filter(isWritten) };
}

test('each metric of the dashboard, and each label, is one that services tell', async (t) => {
  const { env } = await functionFolders(t, { echo: { guest: 'misbehave' } });
  const service = await startService(t, 'function-service', env);
  await post(`${service.url}/functions/echo`, Buffer.from('x'));
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const told = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = told.get(name) ?? new Set(OF_PROMETHEUS);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    told.set(name, known);
  }
  assert.ok(targets.length > 10);
  for (const target of targets) {
    const { metrics, labels } = usesOf(target);
    assert.ok(metrics.length > 0, target.expr);
    for (const { name, labels: matched } of metrics) {
      const known = told.get(name);
      assert.ok(known, `no service tells ${name}: ${target.expr}`);
      for (const label of [...matched, ...labels])
        assert.ok(known.has(label), `${name} has no label ${label}: ${target.expr}`);
    }
  }
});

test('the dashboard shows requests, latency, pools and refusals', () => {
  const shown = targets.flatMap((target) => usesOf(target).metrics.map(({ name }) => name));
  for (const name of [
    'http_request_duration_seconds_count',
    'http_request_duration_seconds_bucket',
    'function_ready',
    'function_running',
    'function_waiting',
    'function_refused_total',
  ])
    assert.ok(shown.includes(name), name);
});

test('no two panels of the dashboard have one id or one place', () => {
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  assert.equal(new Set(cells).size, cells.length);
  assert.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24));
});

test('the variables that expressions use are there', () => {
  const names = dashboard.templating.list.map(({ name }) => name);
  const used = targets.flatMap(({ expr, legendFormat }) =>
    [...`${expr} ${legendFormat}`.matchAll(/\$(\w+)/g)].map(([, name = '']) => name),
  );
  const ofGrafana = ['__rate_interval'];
  assert.deepEqual(
    [...new Set(used)].filter((name) => ![...names, ...ofGrafana].includes(name)),
    [],
  );
  assert.ok(names.includes('datasource'));
});
