// Sets the chosen theme before the first paint: a classic script, because a module would run after it.
(() => {
  try {
    const chosen = localStorage.getItem("otel-agents.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is blocked: the system's theme it is.
  }
})();
