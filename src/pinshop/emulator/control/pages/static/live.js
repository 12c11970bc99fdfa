// Optional: fetches the page again while "Live" is ticked. Everything works without it.
"use strict";
(() => {
  const box = document.querySelector("#live");
  if (!box) return;
  box.closest("[hidden]").hidden = false;
  box.checked = sessionStorage.getItem("live") === "yes";
  box.addEventListener("change", () => sessionStorage.setItem("live", box.checked ? "yes" : "no"));
  const busy = () => document.hidden || document.querySelector("main :focus, main details[open], .clock :focus, .clock details[open]");
  setInterval(async () => {
    if (!box.checked || busy()) return;
    try {
      const reply = await fetch(location.href, { cache: "no-store" });
      if (!reply.ok || busy()) return;
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      for (const part of ["main", ".now"]) document.querySelector(part).replaceWith(page.querySelector(part));
    } catch { /* the emulator stopped: the page stays as it was */ }
  }, 2000);
})();
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}
