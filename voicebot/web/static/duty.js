// A comfort on top of the forms of the roster: names can be dragged into the table.
"use strict";

for (const hidden of document.querySelectorAll("[data-scripted]")) hidden.hidden = false;

let dragged = "";
for (const person of document.querySelectorAll("[data-person]")) {
  person.addEventListener("dragstart", (event) => {
    dragged = person.dataset.person;
    event.dataTransfer.setData("text/plain", person.textContent.trim());
    event.dataTransfer.effectAllowed = "copy";
  });
  person.addEventListener("dragend", () => { dragged = ""; });
}

const send = (id, values) => {
  const form = document.getElementById(id);
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  form.requestSubmit();
};

for (const cell of document.querySelectorAll("td[data-day]")) {
  const target = (event) => event.target.closest("[data-index]") || cell;
  cell.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    target(event).classList.add("over");
  });
  cell.addEventListener("dragleave", (event) => target(event).classList.remove("over"));
  cell.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const { day, role, start, end } = cell.dataset;
    const chip = event.target.closest("[data-index]");
    if (chip) send("drop-substitute", { person: dragged, index: chip.dataset.index, day });
    else send("drop-add", { person: dragged, role, day, start, end });
  });
}
