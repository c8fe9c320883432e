// The SQL page: runs what is in the editor, shows the answer as a table or a chart, and keeps the query in the address.
"use strict";
(function () {
  const form = document.querySelector("[data-query]");
  if (!form) return;
  const find = (selector) => document.querySelector(selector);
  const editor = form.elements.sql;
  const L = window.LightweightCharts;
  const { Band, SERIES, chart: makeChart, colour, look, onTheme, say } = window.Draw;
  const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;
  const TIME = /^(TIMESTAMP.*|DATE)$/;
  const MOST_LINES = 12;
  const MOST_BARS = 60;
  const MOST_STEPS = 3000; // of an even time scale
  const GAP_STEPS = 3.5; // a silence this many times the step breaks the line
  let answer = null;
  let running = null;
  let chart = null;

  async function ask(path, body, method = "POST") {
    return fetch(path, { method, signal: running?.signal, ...(body ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {}) });
  }

  async function mistakeOf(reply) {
    const { error } = await reply.json().catch(() => ({ error: { message: `The answer was ${reply.status}`, hint: "" } }));
    return error;
  }

  // ---- Running
  async function run() {
    const sql = editor.value.trim();
    if (!sql) { editor.focus(); return; }
    running?.abort();
    const mine = running = new AbortController();
    history.replaceState(null, "", `#sql=${encodeURIComponent(editor.value)}`);
    tell("Asking…");
    try {
      const reply = await ask("/api/query", { sql });
      if (mine !== running) return;
      if (reply.ok) show(await reply.json());
      else fail(await mistakeOf(reply));
    } catch (error) {
      if (error.name !== "AbortError") fail({ message: "There is no connection to Oculus.", hint: "Is it running?" });
    }
    if (mine === running) tell("");
  }

  const tell = (words) => { find("[data-said]").textContent = words; };

  function fail({ message, hint }) {
    find("[data-answer]").hidden = find("[data-empty]").hidden = true;
    find("[data-mistake]").hidden = false;
    find("[data-what]").textContent = message;
    find("[data-hint]").textContent = hint ?? "";
  }

  function show(given) {
    answer = given;
    find("[data-mistake]").hidden = find("[data-empty]").hidden = true;
    find("[data-answer]").hidden = false;
    const rows = `${given.row_count.toLocaleString("en")} ${given.row_count === 1 ? "row" : "rows"}`;
    const cut = given.truncated ? "; there were more: only the first 1,000 are shown" : "";
    find("[data-facts]").textContent = `${rows} in ${say(given.elapsed_ms, "ms")}${cut}`;
    find("[data-show=chart]").disabled = !plan(given);
    find("[data-table]").replaceChildren(table(given));
    document.dispatchEvent(new Event("oculus:content"));
    view(plan(given) ? current() : "table");
  }

  // ---- The table
  function table({ columns, rows }) {
    const made = element("table", "table answer-rows");
    made.dataset.sortable = "";
    const head = made.createTHead().insertRow();
    for (const { name, type } of columns) {
      const cell = element("th", NUMBER.test(type) ? "right" : "", name);
      cell.dataset.sort = NUMBER.test(type) ? "number" : "text";
      cell.title = type;
      head.append(cell);
    }
    const body = made.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      row.forEach((value, at) => line.append(cellOf(value, columns[at])));
    }
    return made;
  }

  function cellOf(value, { name, type }) {
    const cell = element("td", NUMBER.test(type) ? "right" : "");
    cell.dataset.label = name;
    if (value === null) { cell.append(element("span", "second", "null")); cell.dataset.value = ""; return cell; }
    if (NUMBER.test(type)) cell.dataset.value = value;
    const whole = typeof value === "object" ? JSON.stringify(value) : String(value);
    const short = typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(10))) : whole;
    const text = element("bdi", "", short);
    text.title = whole;
    cell.append(text);
    return cell;
  }

  function element(tag, kind = "", text = "") {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    if (text) made.textContent = text;
    return made;
  }

  // ---- The chart: lines over time, or bars by name
  function plan({ columns, rows }) {
    const kinds = columns.map(({ type }) => (TIME.test(type) ? "time" : NUMBER.test(type) ? "number" : "text"));
    const [time, text] = [kinds.indexOf("time"), kinds.indexOf("text")];
    const numbers = kinds.flatMap((kind, at) => (kind === "number" ? [at] : []));
    if (!rows.length || !numbers.length || (time < 0 && text < 0)) return null;
    return { time, text, numbers };
  }

  function lines({ columns, rows }, { time, text, numbers }) { // name -> [{time, value}], by time
    const found = new Map();
    for (const row of rows) {
      const at = Date.parse(row[time]) / 1000;
      if (!Number.isFinite(at)) continue;
      for (const number of text < 0 ? numbers : numbers.slice(0, 1)) {
        const name = text < 0 ? columns[number].name : String(row[text]);
        if (row[number] === null) continue;
        if (!found.has(name)) found.set(name, new Map());
        const value = Number(row[number]);
        found.get(name).set(at, { time: at, value, low: value, high: value });
      }
    }
    return [...found].slice(0, MOST_LINES).map(([name, points]) => [name, [...points.values()].sort((a, b) => a.time - b.time)]);
  }

  function drawChart() {
    const canvas = find("[data-chart-canvas]");
    const how = plan(answer);
    chart?.remove();
    chart = null;
    canvas.replaceChildren();
    find("[data-chart-legend]").replaceChildren();
    canvas.classList.toggle("canvas-bars", how.time < 0);
    if (how.time < 0) { canvas.replaceChildren(bars(how)); return; }
    chart = makeChart(canvas);
    const shades = [...SERIES, "--info", "--warn", "--error"].map((name) => colour(name));
    const drawn = lines(answer, how);
    const times = evenly(drawn);
    drawn.forEach(([name, points], at) => {
      const shade = shades[at % shades.length];
      const line = chart.addCustomSeries(new Band(), { color: shade, priceLineVisible: false, priceFormat: { type: "custom", formatter: (value) => say(value), minMove: 1e-8 } });
      line.setData(spread(points, times));
      const entry = element("span", "legend-entry");
      const dot = element("span", "legend-dot");
      dot.style.background = shade;
      entry.append(dot, element("bdi", "", name));
      find("[data-chart-legend]").append(entry);
    });
    chart.timeScale().fitContent();
  }

  // Time runs evenly, as far as the answer has a step that it keeps to.
  function evenly(drawn) {
    const known = [...new Set(drawn.flatMap(([, points]) => points.map(({ time }) => time)))].sort((a, b) => a - b);
    const step = Math.min(...known.slice(1).map((time, at) => time - known[at]));
    const count = (known.at(-1) - known[0]) / step;
    if (!(count <= MOST_STEPS)) return { times: known, step: Infinity };
    for (let at = 1; at < count; at += 1) known.push(known[0] + Math.round(at * step));
    return { times: [...new Set(known)].sort((a, b) => a - b), step };
  }

  function spread(points, { times, step }) {
    const known = new Map(points.map((point) => [point.time, point]));
    let last = null;
    return times.map((time) => {
      const point = known.get(time);
      if (!point) return { time };
      const broken = last !== null && time - last > GAP_STEPS * step;
      last = time;
      return { ...point, broken };
    });
  }

  function bars({ text, numbers: [number] }) {
    const rows = answer.rows.slice(0, MOST_BARS).filter((row) => row[number] !== null);
    const most = Math.max(...rows.map((row) => Math.abs(Number(row[number]))), Number.MIN_VALUE);
    const list = element("ul", "bars");
    for (const row of rows) {
      const item = element("li", "bar");
      const track = element("span", "bar-track");
      const fill = element("span", "bar-fill");
      fill.style.width = `${(Math.abs(Number(row[number])) / most) * 100}%`;
      track.append(fill);
      const name = element("bdi", "bar-name", String(row[text] ?? "null"));
      name.title = name.textContent;
      item.append(name, track, element("strong", "", say(Number(row[number]))));
      list.append(item);
    }
    return list;
  }

  const current = () => find("[data-show][aria-pressed=true]").dataset.show;

  function view(which) {
    for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === which));
    find("[data-table]").hidden = which !== "table";
    find("[data-chart-frame]").hidden = which !== "chart";
    if (which === "chart") drawChart();
  }

  // ---- Taking it away
  async function csv() {
    tell("Asking…");
    const reply = await ask("/api/query?format=csv", { sql: editor.value });
    tell("");
    if (!reply.ok) { fail(await mistakeOf(reply)); return; }
    const link = element("a");
    link.href = URL.createObjectURL(await reply.blob());
    link.download = "query.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  async function copy(text, words) {
    try { await navigator.clipboard.writeText(text); tell(words); }
    catch { tell("The clipboard is closed to this page; the address above holds the query."); }
  }

  function asRule() {
    const sql = (editor.value.trim() || "SELECT ...").split("\n").map((line) => `      ${line}`).join("\n");
    return `rules:\n  - name: my_rule\n    sql: |\n${sql}\n    schedule: "*/5 * * * *"\n    severity: warn\n    message: "What a row means, for people"\n    channels: [desktop, log]\n`;
  }

  // ---- Saved queries
  async function save(event) {
    event.preventDefault();
    const name = find("#save-name").value.trim();
    const reply = await ask("/api/queries", { name, sql: editor.value });
    const spot = find("[data-save-mistake]");
    spot.hidden = reply.ok;
    if (!reply.ok) { const { message, hint } = await mistakeOf(reply); spot.textContent = `${message}. ${hint}`; return; }
    list((await reply.json()).queries);
    find("#save").close();
    tell(`Saved as ${name}.`);
  }

  function list(queries) {
    find("[data-none-saved]").hidden = queries.length > 0;
    find("[data-saved]").replaceChildren(...queries.map(({ name, sql }) => {
      const row = element("li", "row");
      const lead = element("button", "row-lead pick");
      lead.type = "button";
      lead.dataset.sql = sql;
      lead.append(element("bdi", "", name));
      const forget = element("button", "link second", "Delete");
      forget.type = "button";
      forget.dataset.forget = name;
      forget.setAttribute("aria-label", `Delete ${name}`);
      row.append(lead, forget);
      return row;
    }));
  }

  function insert(text) {
    editor.focus();
    editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  find("[data-save-form]").addEventListener("submit", save);

  document.addEventListener("click", async (event) => {
    const pressed = event.target.closest?.("button");
    if (!pressed) return;
    const { sql, insert: name, show: which, forget } = pressed.dataset;
    if (sql !== undefined) { editor.value = sql; run(); }
    if (name !== undefined) insert(name);
    if (which && answer) view(which);
    if (forget !== undefined) {
      const reply = await ask(`/api/queries/${encodeURIComponent(forget)}`, null, "DELETE");
      if (reply.ok) list((await reply.json()).queries);
    }
    if ("save" in pressed.dataset && editor.value.trim()) { find("[data-save-mistake]").hidden = true; find("#save").showModal(); }
    if ("copy" in pressed.dataset) { history.replaceState(null, "", `#sql=${encodeURIComponent(editor.value)}`); copy(location.href, "Link copied."); }
    if ("csv" in pressed.dataset && editor.value.trim()) csv();
    if ("rule" in pressed.dataset) { find("[data-rule-text]").textContent = asRule(); find("#as-rule").showModal(); }
    if ("copyRule" in pressed.dataset) copy(asRule(), "Rule copied.");
    if ("close" in pressed.dataset) pressed.closest("dialog").close();
  });

  function fromAddress() {
    const held = /^#sql=(.*)$/s.exec(location.hash);
    if (!held) return;
    try { editor.value = decodeURIComponent(held[1]); } catch { return; }
    run();
  }

  window.addEventListener("hashchange", fromAddress);
  onTheme(() => { chart?.applyOptions(look()); if (answer && current() === "chart") drawChart(); });
  fromAddress();
})();
