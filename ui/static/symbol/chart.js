// The chart of a symbol: ranges and free zoom, other symbols over it, candles, the limits of rules, alerts, gaps, phases.
import { Backdrop } from "../draw/backdrop.js";
import { say } from "../draw/figures.js";
import { ask as askFor, grid, iso, placeOf, reach, rows, seconds, showAll } from "../draw/history.js";
import { SERIES, chart as makeChart, colour, look, onTheme } from "../draw/look.js";
import { Band } from "../draw/series.js";
import { Phases } from "./phases.js";
import { entry, moment, rowWords, stats } from "./words.js";

const L = window.LightweightCharts;
const place = document.querySelector("[data-chart]");
const find = (selector) => document.querySelector(selector);
const MOST_OVER = 4;
const SCALE = 72; // pixels
const STEPS = [1, 5, 10, 30, 60, 300, 900, 1800, 3600, 21600, 86400, 604800]; // seconds, as chart/api.py has them
const POINTS = 400;
const SPANS = { m: 60, h: 3600, d: 86400, y: 365 * 86400 };

const symbol = place.dataset.symbol;
const state = {
  range: place.dataset.range,
  since: Number(place.dataset.since) || null, // ms, when a person has zoomed
  until: Number(place.dataset.until) || null,
  over: place.dataset.compare.split(",").filter(Boolean).slice(0, MOST_OVER),
  style: "line",
  answers: [],
  loading: 0,
  quiet: true, // while we move the view ourselves
};

const chart = makeChart(find("[data-canvas]"));
const backdrop = new Backdrop();
let lines = [];
const phases = find("[data-phases-canvas]") ? new Phases(find("[data-phases-canvas]"), SCALE) : null;

// ---- Asking
function ask(name) {
  const asked = state.since ? { since: iso(state.since), until: iso(state.until) } : { range: state.range };
  if (name === symbol) asked.chart = "true";
  else if (state.answers[0]) asked.step = `${state.answers[0].step_s}s`;
  return askFor(name, asked);
}

async function load(fit = true) {
  const mine = ++state.loading;
  try {
    const first = await ask(symbol);
    if (mine !== state.loading) return;
    state.answers = [first]; // so that the others are asked for the same steps
    const others = await Promise.allSettled(state.over.map(ask));
    if (mine !== state.loading) return;
    const failed = others.filter((each) => each.status === "rejected");
    state.answers = [first, ...others.filter((each) => each.status === "fulfilled").map((each) => each.value)];
    state.over = state.answers.slice(1).map((each) => each.symbol);
    draw(fit);
    note(failed.length ? failed[0].reason.message : emptyWords(first));
  } catch (error) {
    if (mine === state.loading) note(error instanceof TypeError ? "No connection; the next try follows by itself." : error.message);
  }
}

function emptyWords(answer) {
  return answer.series.length ? "" : "Nothing is stored of this time. A longer range may have something.";
}

function note(words) {
  const spot = find("[data-note]");
  spot.textContent = words;
  spot.hidden = !words;
}

// ---- Drawing
const candle = ([ms, open, high, low, close]) => ({ time: seconds(ms), open, high, low, close });

function clear() {
  for (const line of lines) chart.removeSeries(line);
  lines = [];
}

function draw(fit) {
  const view = chart.timeScale().getVisibleRange();
  state.quiet = true;
  clear();
  const [first] = state.answers;
  const times = grid(first);
  const asCandles = state.style === "candles" && first.chart.candles.length && !state.over.length;
  const candles = document.querySelector("[data-style=candles]");
  if (candles) candles.disabled = state.over.length > 0; // two symbols are two lines
  lines = state.answers.map((answer, at) => addLine(answer, at, times, asCandles));
  drawLimits(first);
  lines[0].attachPrimitive(backdrop);
  backdrop.show(first.gaps, first.chart.alerts, (ms) => placeOf(chart.timeScale(), ms, times));
  chart.applyOptions({ leftPriceScale: { visible: state.answers.length > 1 } });
  if (fit || !view) showAll(chart.timeScale(), times.length);
  else chart.timeScale().setVisibleRange(view);
  phases?.draw(first, times);
  follow();
  legend();
  stats(first);
  setTimeout(() => { state.quiet = false; }, 60); // the view has settled then
}

function addLine(answer, at, times, asCandles) {
  const options = {
    priceScaleId: at === 0 ? "right" : at === 1 ? "left" : `over-${at}`,
    priceFormat: { type: "custom", formatter: (value) => say(value, answer.unit, answer.symbol), minMove: 1e-8 },
    priceLineVisible: false,
    lastValueVisible: at < 2,
  };
  if (asCandles) {
    const [up, down] = [colour("--rise"), colour("--fall")];
    const line = chart.addSeries(L.CandlestickSeries, { ...options, upColor: up, wickUpColor: up, downColor: down, wickDownColor: down, borderVisible: false });
    const known = new Map(answer.chart.candles.map((row) => [row[0], candle(row)]));
    line.setData(times.map((ms) => known.get(ms) ?? { time: seconds(ms) }));
    return line;
  }
  const line = chart.addCustomSeries(new Band(), { ...options, color: colourOf(at), band: state.answers.length === 1 });
  line.setData(rows(answer, times));
  return line;
}

function colourOf(at) {
  const own = colour("--category", place);
  const others = SERIES.map((name) => colour(name)).filter((each) => each !== own);
  return at === 0 ? own : others[(at - 1) % others.length];
}

function drawLimits(answer) {
  reach(lines[0], answer.chart.thresholds.map((each) => each.value), answer.stats);
  for (const each of answer.chart.thresholds) {
    lines[0].createPriceLine({
      price: each.value, color: colour(`--${each.severity}`), lineWidth: 1, lineStyle: L.LineStyle.Dashed,
      title: each.rule.length > 24 ? `${each.rule.slice(0, 23)}…` : each.rule, axisLabelVisible: true,
    });
  }
}

function legend(at) { // at: what the crosshair is on
  const entries = state.answers.map((answer, number) => {
    const row = at?.seriesData.get(lines[number]) ?? answer.series.at(-1);
    return entry(colourOf(number), answer.symbol, rowWords(row, answer),
      number ? () => { state.over.splice(number - 1, 1); changed(); } : null);
  });
  find("[data-legend]").replaceChildren(moment(at, state.answers[0].gaps), ...entries);
}

// ---- What a person changes; the address says it, so that a link holds the view.
function changed(fit = true) {
  const asked = new URLSearchParams({ range: state.range });
  if (state.since) { asked.set("since", Math.round(state.since)); asked.set("until", Math.round(state.until)); }
  if (state.over.length) asked.set("compare", state.over.join(","));
  history.replaceState(null, "", `?${asked}`);
  for (const link of document.querySelectorAll("[data-range-to]")) {
    if (!state.since && link.dataset.rangeTo === state.range) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const link of document.querySelectorAll("[data-export]")) {
    const since = state.since ? iso(state.since) : state.range;
    link.href = `/api/export?${new URLSearchParams({ symbol, since, format: link.dataset.export })}`;
  }
  load(fit);
}

for (const link of document.querySelectorAll("[data-range-to]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    Object.assign(state, { range: link.dataset.rangeTo, since: null, until: null });
    changed();
  });
}

for (const button of document.querySelectorAll("[data-style]")) {
  button.addEventListener("click", () => {
    state.style = button.dataset.style;
    for (const each of document.querySelectorAll("[data-style]")) each.setAttribute("aria-pressed", String(each === button));
    if (state.answers.length) draw(true);
  });
}

// Zooming asks for finer steps, or for what lies outside; the view stays where it is.
let waiting = 0;
const follow = () => phases?.follow(chart.timeScale().getVisibleLogicalRange());

chart.timeScale().subscribeVisibleLogicalRangeChange((view) => {
  follow();
  if (state.quiet || !view || !state.answers.length) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => zoomed(chart.timeScale().getVisibleLogicalRange()), 250);
});

function zoomed(view) {
  const [first] = state.answers;
  const step = first.step_s * 1000;
  const begin = Math.floor(first.since_ms / step) * step;
  const [from, to] = [begin + view.from * step, Math.min(begin + view.to * step, Date.now())];
  const shown = to - from;
  const finer = STEPS.find((each) => shown <= each * 1000 * POINTS) < first.step_s;
  const outside = from < first.since_ms - 2 * step || to > first.until_ms + 2 * step;
  if (!(shown > 10_000) || !(finer || outside)) return;
  state.since = from;
  state.until = to;
  changed();
}

chart.subscribeCrosshairMove((at) => { if (state.answers.length) legend(at.time ? at : undefined); });

const form = find("[data-compare-form]");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = form.elements.compare.value.trim().toLowerCase();
  form.elements.compare.value = "";
  if (!name || name === symbol || state.over.includes(name)) return;
  if (state.over.length === MOST_OVER) { note(`At most ${MOST_OVER} symbols can be laid over.`); return; }
  state.over.push(name);
  changed();
});

form.elements.compare.addEventListener("focus", async () => {
  const list = find("#symbols");
  if (list.childElementCount) return;
  const answer = await fetch("/api/symbols");
  if (!answer.ok) return;
  list.replaceChildren(...(await answer.json()).symbols.map((each) => new Option(each.symbol)));
});

// ---- Time goes on, while somebody looks and nobody has zoomed.
function patience() {
  const span = Number.parseInt(state.range, 10) * (SPANS[state.range.at(-1)] ?? 3600);
  return Math.max(5, Math.min(60, span / 400)) * 1000;
}

let asked = Date.now();
setInterval(() => {
  if (document.hidden || state.since || Date.now() - asked < patience()) return;
  asked = Date.now();
  load(true);
}, 1000);

onTheme(() => {
  chart.applyOptions(look());
  phases?.repaint();
  if (state.answers.length) draw(false);
});

chart.priceScale("right").applyOptions({ minimumWidth: SCALE });
load();
