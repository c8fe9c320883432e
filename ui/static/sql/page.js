// The SQL page: runs what is in the editor, shows the answer as a table or a picture, and keeps the query in the address.
import { say } from "../draw/figures.js";
import { onTheme } from "../draw/look.js";
import { Saved } from "./saved.js";
import { Picture, plan } from "./picture.js";
import { element } from "./parts.js";
import { table } from "./table.js";

const find = (selector) => document.querySelector(selector);
const form = find("[data-query]");
const editor = form.elements.sql;
const picture = new Picture(find("[data-chart-canvas]"), find("[data-chart-legend]"));
const saved = new Saved(ask, mistakeOf, tell);
const PATIENCE_MS = 6_000; // the server gives up before; but Chromium, answered 408, asks again by itself and unseen
const LATE = { message: "The statement took too long", hint: "Ask for less time or fewer symbols, or aggregate." };
const AWAY = { message: "There is no connection to Oculus.", hint: "Is it running?" };
let answer = null;
let running = null;

async function ask(path, body, method = "POST", signal = null) {
  return fetch(path, { method, signal, ...(body ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {}) });
}

async function query(sql, stop, format = "") {
  const late = setTimeout(() => stop.abort(LATE), PATIENCE_MS);
  try { return await ask(`/api/query${format}`, { sql }, "POST", stop.signal); }
  finally { clearTimeout(late); }
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
  hold();
  tell("Asking…");
  try {
    const reply = await query(sql, mine);
    if (mine !== running) return;
    if (reply.ok) show(await reply.json());
    else fail(await mistakeOf(reply));
  } catch (error) {
    if (error.name !== "AbortError") fail(error === LATE ? LATE : AWAY);
  }
  if (mine === running) tell("");
}

function tell(words) { find("[data-said]").textContent = words; }

function fail({ message, hint }) {
  find("[data-answer]").hidden = find("[data-empty]").hidden = true;
  find("[data-mistake]").hidden = false;
  find("[data-what]").textContent = hint && !/[.!?]$/.test(message) ? `${message}.` : message;
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

const current = () => find("[data-show][aria-pressed=true]").dataset.show;

function view(which) {
  for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === which));
  find("[data-table]").hidden = which !== "table";
  find("[data-chart-frame]").hidden = which !== "chart";
  if (which === "chart") picture.draw(answer);
}

// ---- Taking it away
function hold() { history.replaceState(null, "", `#sql=${encodeURIComponent(editor.value)}`); }

async function csv() {
  tell("Asking…");
  try {
    const reply = await query(editor.value, new AbortController(), "?format=csv");
    if (reply.ok) keep(await reply.blob(), "query.csv");
    else fail(await mistakeOf(reply));
  } catch (error) { fail(error === LATE ? LATE : AWAY); }
  tell("");
}

function keep(file, name) {
  const link = element("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function copy(text, words) {
  try { await navigator.clipboard.writeText(text); tell(words); }
  catch { tell("The clipboard is closed to this page; the address above holds the query."); }
}

// ---- As a rule: the form of one that has this query, filled.
function asRule() {
  const target = find("[data-rule-form]");
  target.elements.with.value = JSON.stringify({
    sql: editor.value.trim() || "SELECT ...", schedule: "*/5 * * * *",
  });
  target.requestSubmit();
}

function insert(text) {
  editor.focus();
  editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
}

form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
editor.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
});
find("[data-save-form]").addEventListener("submit", (event) => { event.preventDefault(); saved.save(editor.value); });

document.addEventListener("click", (event) => {
  const pressed = event.target.closest?.("button");
  if (!pressed) return;
  const { sql, insert: name, show: which, forget } = pressed.dataset;
  if (sql !== undefined) { editor.value = sql; run(); }
  if (name !== undefined) insert(name);
  if (which && answer) view(which);
  if (forget !== undefined) saved.forget(forget);
  if ("save" in pressed.dataset && editor.value.trim()) saved.open();
  if ("copy" in pressed.dataset) { hold(); copy(location.href, "Link copied."); }
  if ("csv" in pressed.dataset && editor.value.trim()) csv();
  if ("rule" in pressed.dataset) asRule();
  if ("close" in pressed.dataset) pressed.closest("dialog").close();
});

function fromAddress() {
  const held = /^#sql=(.*)$/s.exec(location.hash);
  if (!held) return;
  try { editor.value = decodeURIComponent(held[1]); } catch { return; }
  run();
}

window.addEventListener("hashchange", fromAddress);
onTheme(() => { if (answer && current() === "chart") picture.draw(answer); });
fromAddress();
