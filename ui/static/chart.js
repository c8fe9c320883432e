// The chart of a symbol: ranges and free zoom, other symbols over it, candles, the limits of rules, alerts, gaps, phases.
"use strict";
(function () {
  const place = document.querySelector("[data-chart]");
  if (!place || !window.Draw) return;
  const L = window.LightweightCharts;
  const { Backdrop, Band, SERIES, Stack, chart: makeChart, colour, full, look, onTheme, say } = window.Draw;
  const find = (selector) => document.querySelector(selector);
  const PHASES = { dns: "Name", connect: "Connect", tls: "TLS", first_byte: "First byte", transfer: "Transfer" };
  const GAPS = {
    down: "no answer", silence: "nothing came", sleep: "this machine slept", clock: "the clock was set",
    stopped: "Oculus was not running", offline: "this machine was offline",
  };
  const MOST_OVER = 4;
  const SCALE = 72; // pixels; two charts with equal scales lie exactly below one another
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
  let limits = [];
  let phases = null;

  // ---- Asking
  function address(name) {
    const asked = new URLSearchParams(state.since ? { since: iso(state.since), until: iso(state.until) } : { range: state.range });
    if (name === symbol) asked.set("chart", "true");
    else if (state.answers[0]) asked.set("step", `${state.answers[0].step_s}s`);
    return `/api/metrics/${encodeURIComponent(name).replaceAll("%2F", "/")}?${asked}`;
  }

  const iso = (ms) => new Date(Math.round(ms)).toISOString();

  async function ask(name) {
    const answer = await fetch(address(name), { headers: { Accept: "application/json" } });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error?.message ?? `The answer was ${answer.status}`);
    return body;
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
  const seconds = (ms) => Math.floor(ms / 1000);

  function grid(answer) { // every step of the window, so that time runs evenly
    const step = answer.step_s * 1000;
    const times = [];
    for (let at = Math.floor(answer.since_ms / step) * step; at <= answer.until_ms; at += step) times.push(at);
    return times;
  }

  function rows(answer, times) {
    const known = new Map(answer.series.map((row) => [row[0], row]));
    const breaks = answer.gaps.map((gap) => gap.to);
    let last = -Infinity;
    return times.map((at) => {
      const row = known.get(at);
      if (!row) return { time: seconds(at) };
      const broken = breaks.some((to) => to > last && to <= at + answer.step_s * 1000 - 1 && last > -Infinity);
      last = at;
      return { time: seconds(at), value: row[1], low: row[2], high: row[3], broken };
    });
  }

  const candle = ([ms, open, high, low, close]) => ({ time: seconds(ms), open, high, low, close });

  function clear() {
    for (const line of lines) chart.removeSeries(line);
    lines = [];
    limits = [];
  }

  function draw(fit) {
    const view = chart.timeScale().getVisibleRange();
    state.quiet = true;
    clear();
    const [first] = state.answers;
    const times = grid(first);
    const asCandles = state.style === "candles" && first.chart.candles.length && !state.over.length;
    lines = state.answers.map((answer, at) => addLine(answer, at, times, asCandles));
    drawLimits(first);
    lines[0].attachPrimitive(backdrop);
    const known = asCandles ? first.chart.candles.map(([ms]) => ms) : times;
    backdrop.show(asCandles ? [] : first.gaps, first.chart.alerts, (ms) => placeOf(ms, known));
    chart.applyOptions({ leftPriceScale: { visible: state.answers.length > 1 } });
    // Not fitContent(): that would leave out what is empty at the end, and so the trouble that goes on.
    if (fit || !view) chart.timeScale().setVisibleLogicalRange({ from: 0, to: known.length - 0.5 });
    else chart.timeScale().setVisibleRange(view);
    drawPhases(first, times);
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
      const [up, down] = [colour("--ok"), colour("--critical")];
      const line = chart.addSeries(L.CandlestickSeries, { ...options, upColor: up, wickUpColor: up, downColor: down, wickDownColor: down, borderVisible: false });
      line.setData(answer.chart.candles.map(candle));
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
    const values = answer.chart.thresholds.map((each) => each.value);
    const { min, max } = answer.stats;
    const near = values.filter((value) => min !== null && Math.abs(value - (min + max) / 2) <= 2 * (max - min) + Math.abs(max) * 0.2);
    lines[0].applyOptions({
      autoscaleInfoProvider: (original) => {
        const info = original();
        if (!info?.priceRange) return info;
        const { minValue, maxValue } = info.priceRange;
        return { ...info, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } };
      },
    });
    for (const each of answer.chart.thresholds) {
      limits.push(lines[0].createPriceLine({
        price: each.value, color: colour(`--${each.severity}`), lineWidth: 1, lineStyle: L.LineStyle.Dashed,
        title: each.rule.length > 24 ? `${each.rule.slice(0, 23)}…` : each.rule, axisLabelVisible: true,
      }));
    }
  }

  // Where a moment lies, between the times that are drawn.
  function placeOf(ms, times) {
    let low = 0, high = times.length - 1;
    if (high < 0) return NaN;
    if (ms < times[0]) return -1; // before anything that is drawn
    while (low < high) { const middle = (low + high + 1) >> 1; if (times[middle] <= ms) low = middle; else high = middle - 1; }
    const step = (times[low + 1] ?? times[low] + (times[low] - (times[low - 1] ?? times[low] - 1))) - times[low];
    const scale = chart.timeScale();
    const [here, next] = [scale.logicalToCoordinate(low), scale.logicalToCoordinate(low + 1)];
    return here + (next - here) * Math.min(1, Math.max(0, (ms - times[low]) / step));
  }

  // ---- Phases of a request, one upon the other.
  function drawPhases(answer, times) {
    const canvas = find("[data-phases-canvas]");
    if (!canvas) return;
    phases ??= makeChart(canvas, { handleScroll: false, handleScale: false });
    if (phases.line) phases.removeSeries(phases.line);
    const names = Object.keys(answer.chart.phases);
    const shades = names.map((name) => `--phase-${Object.keys(PHASES).indexOf(name) + 1}`);
    phases.line = phases.addCustomSeries(new Stack(), {
      colours: shades.map((name) => colour(name)), edge: colour("--surface"), priceLineVisible: false, lastValueVisible: false,
      priceFormat: { type: "custom", formatter: (value) => say(value, "ms"), minMove: 0.001 },
    });
    phases.line.setData(stacked(answer, names, times));
    phases.priceScale("right").applyOptions({ minimumWidth: SCALE });
    follow();
    const words = names.map((name, at) => {
      const all = answer.chart.phases[name];
      return entry(`var(${shades[at]})`, PHASES[name], say(all.reduce((sum, row) => sum + row[1], 0) / all.length, "ms"));
    });
    find("[data-phases-legend]").replaceChildren(...words);
  }

  function stacked(answer, names, times) {
    const known = names.map((name) => new Map(answer.chart.phases[name].map((row) => [row[0], row[1]])));
    const whole = rows(answer, times);
    return times.map((ms, at) => {
      if (!known.some((one) => one.has(ms))) return { time: seconds(ms) };
      const values = known.map((one) => one.get(ms) ?? 0);
      return { time: seconds(ms), values, value: values.reduce((sum, each) => sum + each, 0), broken: whole[at].broken };
    });
  }

  function follow() {
    const view = chart.timeScale().getVisibleLogicalRange();
    if (phases && view) phases.timeScale().setVisibleLogicalRange(view);
  }

  // ---- Words around it
  function entry(shade, name, value, remove) {
    const spot = document.createElement("span");
    spot.className = "legend-entry";
    const dot = document.createElement("span");
    dot.className = "legend-dot";
    dot.style.background = shade;
    const bdi = document.createElement("bdi");
    bdi.textContent = name;
    const number = document.createElement("strong");
    number.textContent = value;
    spot.append(dot, bdi, number);
    if (remove) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "legend-remove";
      button.setAttribute("aria-label", `Remove ${name}`);
      button.textContent = "×";
      button.addEventListener("click", remove);
      spot.append(button);
    }
    return spot;
  }

  function legend(at) { // at: what the crosshair is on
    const entries = state.answers.map((answer, number) => {
      const row = at?.seriesData.get(lines[number]) ?? answer.series.at(-1);
      return entry(colourOf(number), answer.symbol, rowWords(row, answer),
        number ? () => { state.over.splice(number - 1, 1); changed(); } : null);
    });
    const when = document.createElement("span");
    when.className = "legend-time";
    when.textContent = at?.time ? full(at.time) + gapWords(at.time * 1000) : "now";
    find("[data-legend]").replaceChildren(when, ...entries);
  }

  function gapWords(ms) {
    const gap = state.answers[0].gaps.find((each) => each.from <= ms && ms < each.to);
    return gap ? ` · ${GAPS[gap.reason] ?? gap.reason}` : "";
  }

  function rowWords(row, answer) {
    const tell = (value) => say(value, answer.unit, answer.symbol);
    if (!row) return "—";
    if (row.open !== undefined) return `${tell(row.open)} → ${tell(row.close)}  (${tell(row.low)} – ${tell(row.high)})`;
    const [value, low, high] = Array.isArray(row) ? row.slice(1) : [row.value, row.low, row.high];
    return high > low ? `${tell(value)}  (${tell(low)} – ${tell(high)})` : tell(value);
  }

  function stats(answer) {
    const { stats: found, uptime_pct: uptime } = answer;
    const tell = (value) => say(value, answer.unit, answer.symbol);
    const moved = found.first ? `${found.last >= found.first ? "+" : "−"}${say(Math.abs((found.last - found.first) / found.first) * 100, "%")}` : "—";
    const words = {
      last: tell(found.last), avg: tell(found.avg), min: tell(found.min), max: tell(found.max), p95: tell(found.p95), stddev: tell(found.stddev),
      moved, count: found.count.toLocaleString("en"), uptime: uptime === null ? "" : `${Math.floor(uptime * 100) / 100} %`,
    };
    for (const tile of document.querySelectorAll("[data-stat]")) {
      tile.querySelector(".tile-value").textContent = words[tile.dataset.stat];
      tile.hidden = words[tile.dataset.stat] === "";
    }
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
  chart.timeScale().subscribeVisibleLogicalRangeChange((view) => {
    follow();
    if (state.quiet || !view || !state.answers.length || state.style === "candles") return;
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
    phases?.applyOptions(look());
    if (state.answers.length) draw(false);
  });

  chart.priceScale("right").applyOptions({ minimumWidth: SCALE });
  load();
})();
