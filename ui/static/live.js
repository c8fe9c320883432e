// Live push: the server says over a WebSocket that something is new, and the page asks for what changed at once.
// Without the WebSocket it asks every two seconds. A page that nobody looks at does neither.
"use strict";
(function () {
  const live = document.getElementById("live");
  if (!live || !window.WebSocket) return;

  const LEAST_MS = 1000; // between two refreshes, however much is new
  const MOST_MS = 10000; // what is old or late shows without anything new
  const LONGEST_WAIT_MS = 30000;
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/stream`;
  let socket = null;
  let pushing = false; // the socket works, so the clock need not be asked
  let fresh = true; // something is new since the page last asked
  let settled = 0; // until then the server may still answer from what it remembered
  let asked = 0;
  let wait = 1000;
  let soon = 0;

  function connect() {
    if (socket || document.hidden) return;
    const made = new WebSocket(address);
    socket = made;
    made.onopen = () => {
      wait = 1000;
      pushing = fresh = true;
      live.dataset.pushed = "";
      made.send('{"subscribe":{"changed":true,"alerts":true,"events":true}}');
    };
    made.onmessage = () => { fresh = true; settled = Date.now() + 1500; refresh(); };
    made.onclose = () => {
      if (socket !== made) return;
      leave();
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  }

  function leave() {
    const old = socket;
    socket = null;
    pushing = false;
    delete live.dataset.pushed;
    old?.close();
  }

  function refresh() {
    if (soon) return;
    soon = setTimeout(() => {
      soon = 0;
      if (fresh) window.htmx?.trigger(live, "refresh");
    }, Math.max(0, asked + LEAST_MS - Date.now()));
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== live || event.defaultPrevented) return;
    if (pushing && !fresh && Date.now() - asked < MOST_MS && event.detail.requestConfig.triggeringEvent?.type !== "refresh") {
      event.preventDefault();
      return;
    }
    fresh = Date.now() < settled;
    asked = Date.now();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (elt === live && !(xhr.status >= 200 && xhr.status < 400)) fresh = true; // ask again until it is known
  });

  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else connect(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", connect);
  connect();
})();
