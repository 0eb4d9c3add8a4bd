// A draft is checked again when its author pauses typing. Without this the button does it.
"use strict";

(() => {
  const live = document.getElementById("live");
  const editor = document.getElementById("editor");
  if (!live || !editor) return;
  let pause;
  editor.addEventListener("input", (event) => {
    if (["why", "try"].includes(event.target.name)) return;
    clearTimeout(pause);
    pause = setTimeout(() => live.dispatchEvent(new Event("typed")), 600);
  });
  // Enter in the trial's field tries, and does not save.
  const trial = document.getElementById("f-try");
  trial?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    editor.querySelector('button[value="try"]').click();
  });
})();
