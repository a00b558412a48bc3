// The page that begins a session: by the code of a link, which stands behind the #, or by a key.

const form = /** @type {HTMLFormElement} */ (document.getElementById("login"));
const field = /** @type {HTMLInputElement} */ (document.getElementById("key"));
const fault = /** @type {HTMLElement} */ (document.getElementById("fault"));

/** @param {string} key @param {string} page where to go then */
async function logIn(key, page) {
  fault.textContent = "";
  try {
    const answer = await fetch("/api/v1/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key }),
    });
    if (answer.ok) {
      location.replace(`/${page}`);
      return;
    }
    const error = (await answer.json()).error;
    fault.textContent = error.hint ? `${error.message}; ${error.hint}` : error.message;
  } catch {
    fault.textContent = "The collector does not answer.";
  }
}

// What is behind the # is the code of a link, or, after a redirection, the page that was asked for.
const behind = location.hash;
const page = behind.startsWith("#/") ? behind : "";
history.replaceState(null, "", "/login"); // so that the code is in no history
if (behind.length > 1 && !page) void logIn(behind.slice(1), "");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void logIn(field.value, page);
  field.value = "";
});
field.focus();
