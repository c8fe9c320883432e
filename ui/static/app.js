// What the pages do beyond htmx: search, keyboard, theme, ages that count on, and saying when the connection is lost.
"use strict";
(function () {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Private windows and some web views have no storage; then choices last as long as the page.
  const memory = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* not kept */ } },
  };

  // ---- Ages: the server says when, the page says how long ago, by the server's clock.
  let clockAhead = 0;

  function readClock() {
    const now = Number(find("[data-now]")?.dataset.now);
    if (now) clockAhead = now - Date.now();
  }

  function age(seconds) { // the same steps as figures.py; the spaces are unbroken
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole}\u00a0s`;
    if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0m`;
    return whole < 172800 ? `${Math.floor(whole / 3600)}\u00a0h` : `${Math.floor(whole / 86400)}\u00a0d`;
  }

  function countOn() {
    const now = Date.now() + clockAhead;
    for (const spot of all("[data-at]")) {
      const text = age((now - Number(spot.dataset.at)) / 1000);
      if (spot.textContent !== text) spot.textContent = text;
    }
  }

  function localTimes() {
    const clock = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" };
    const forms = [clock, { year: "numeric", ...clock }].map((form) => new Intl.DateTimeFormat(undefined, form));
    const year = new Date().getFullYear();
    for (const spot of all("[data-local]")) {
      const at = new Date(Number(spot.dataset.local));
      spot.textContent = forms[Number(at.getFullYear() !== year)].format(at);
      spot.title = at.toString();
    }
  }

  // ---- Search: hides what does not hold every word typed. Nothing leaves the page.
  function filter() {
    const words = (find("#search")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const named = all("[data-name]");
    let left = 0;
    for (const item of named) {
      const name = item.dataset.name.toLowerCase();
      item.hidden = !words.every((word) => name.includes(word));
      if (!item.hidden) left += 1;
    }
    for (const panel of all(".panel")) panel.hidden = words.length > 0 && !find("[data-name]:not([hidden])", panel);
    const none = find("#no-match");
    if (none) none.hidden = !named.length || left > 0;
  }

  // ---- Panels stay as a person left them, over refreshes and visits.
  function placePanels() {
    for (const panel of all("details.panel")) {
      const left = memory.get(panel.id);
      if (left) panel.open = left === "open";
      panel.placed = true; // from now on only a person opens and closes it
    }
  }

  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.panel")) memory.set(event.target.id, event.target.open ? "open" : "closed");
  }, true);

  // ---- Refreshing: only while somebody looks, and only what changed.
  const isLive = (event) => event.detail.elt?.id === "live";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isLive(event) && document.hidden) event.preventDefault();
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const seen = find("#seen");
    if (isLive(event) && seen) event.detail.headers["If-None-Match"] = `"${seen.dataset.version}"`;
  });

  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

  function refresh() {
    const live = find("#live");
    if (live && window.htmx) htmx.trigger(live, "refresh");
  }

  document.addEventListener("htmx:afterSwap", () => { readClock(); placePanels(); localTimes(); filter(); countOn(); });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (isLive(event)) lost(!(event.detail.xhr.status >= 200 && event.detail.xhr.status < 400));
    const pressed = event.detail.elt?.dataset ?? {};
    if ("thenRefresh" in pressed) refresh();
    if ("thenReload" in pressed && event.detail.successful) location.reload();
  });

  function lost(yes) {
    const note = find("#lost");
    if (note) note.hidden = !yes;
    document.body.classList.toggle("is-lost", yes);
  }

  // A refresh must not undo what a person did: close a panel, filter cards.
  function protect() {
    if (!window.Idiomorph) return;
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
      !(name === "open" && node.placed) && !(name === "hidden" && node.matches(".panel, .card, #no-match"));
  }

  // ---- Theme: as the system has it, light, dark.
  const THEMES = { system: "as the system has it", light: "light", dark: "dark" };

  function nextTheme() {
    const names = Object.keys(THEMES);
    const now = document.documentElement.dataset.theme ?? "system";
    const next = names[(names.indexOf(now) + 1) % names.length];
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    memory.set("theme", next);
    sayTheme();
  }

  function sayTheme() {
    const words = `Theme: ${THEMES[document.documentElement.dataset.theme ?? "system"]}`;
    for (const button of all("[data-theme-switch]")) { button.title = words; button.setAttribute("aria-label", words); }
  }

  // ---- Tables: a click on a heading sorts by it, a second one the other way round.
  function sort(heading) {
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending";
    const numeric = heading.dataset.sort === "number";
    const key = (row) => {
      const cell = row.cells[column];
      const text = cell.dataset.value ?? cell.textContent.trim();
      return numeric ? Number(text || "NaN") : text.toLowerCase();
    };
    const compare = (a, b) => {
      if (!numeric) return a.localeCompare(b, undefined, { numeric: true });
      return (Number.isNaN(a) - Number.isNaN(b)) || a - b;
    };
    const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
    rows.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
    for (const other of all("th", table)) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }

  function makeSortable() {
    for (const heading of all("table[data-sortable] th[data-sort]:not(:has(.sorter))")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(heading));
    }
  }

  // ---- Keyboard. Letters are left alone while somebody types.
  let afterG = 0;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && event.target.id === "search") { event.target.value = ""; filter(); event.target.blur(); return; }
    if (typing || find("dialog[open]")) return;
    if (event.key === "g") { afterG = Date.now(); return; }
    if (Date.now() - afterG < 1500) {
      afterG = 0;
      const link = find(`[data-go="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); return; }
    }
    if (event.key === "/" && find("#search")) { event.preventDefault(); find("#search").focus(); find("#search").select(); }
    if (event.key === "Escape" && find("#search")?.value) { find("#search").value = ""; filter(); }
    if (event.key === "?") find("#keys")?.showModal();
    if (event.key === "t") nextTheme();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-theme-switch]")) nextTheme();
    if (event.target.closest?.("[data-keys]")) find("#keys")?.showModal();
    if (event.target.id === "keys") event.target.close(); // a click beside the dialog
  });

  document.addEventListener("oculus:content", () => { makeSortable(); filter(); }); // something new was put on the page

  document.addEventListener("input", (event) => { if (event.target.id === "search") filter(); });

  // ---- Buttons that send a few words to the API: what is pinned, what is snoozed.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-send]");
    if (!button || button.disabled) return;
    button.disabled = true;
    const { send: method, to, body } = button.dataset;
    try {
      const answer = await fetch(to, { method, headers: body ? { "Content-Type": "application/json" } : {}, body });
      if (answer.ok && "thenReload" in button.dataset) location.reload();
      else refresh();
    } catch { lost(true); }
    button.disabled = false;
  });

  // ---- A view is in its address, and only as far as it is not the usual one.
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-view]");
    if (!form) return;
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const place = form.getAttribute("action") ?? "/";
    location.assign(asked.size ? `${place}?${asked}` : place);
  });

  // ---- A new time is meant in the time zone of whoever writes it.
  function ownZone() {
    const field = find("form[data-zone] [name=timezone]");
    if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  readClock();
  protect();
  ownZone();
  placePanels();
  sayTheme();
  makeSortable();
  localTimes();
  filter();
  setInterval(countOn, 1000);
})();
