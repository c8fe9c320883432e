// Before anything is painted: the theme a person chose, if they did. Without a choice the system decides.
"use strict";
(function () {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch { /* no storage here: the system's theme it is */ }
})();
