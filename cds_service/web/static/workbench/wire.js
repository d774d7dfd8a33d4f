// What is on the wire, as text: the tabs that show it, what is dropped on the page, and what is copied.

import { jsonText } from "./dom.js";
import { curlOf } from "./service.js";

export function wireText(tab, { last, feedback, outcome }) {
  if (tab === "feedback") return feedback.length ? feedback.map(jsonText).join("\n\n") : "Nothing sent yet: take a suggestion, or dismiss a card.";
  if (last === null) return outcome ? jsonText(outcome) : "";
  if (tab === "curl") return curlOf(last.service, last.request);
  return jsonText(last[tab]);
}

// Tabs are walked by arrow keys; `choose(name)` is called for the one that is chosen.
export function wireTabs(choose) {
  const tabs = [...document.querySelectorAll("[data-tab]")];
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => choose(tab.dataset.tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const target = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : step ? (place + step + tabs.length) % tabs.length : null;
      if (target === null) return;
      event.preventDefault();
      tabs[target].focus();
      choose(tabs[target].dataset.tab);
    });
  });
}

// A file or a text may be dropped anywhere on the page.
export function wireDrop(useFile, useText) {
  const body = document.body;
  body.addEventListener("dragover", (event) => {
    event.preventDefault();
    body.classList.add("is-dropping");
  });
  body.addEventListener("dragleave", (event) => { if (event.relatedTarget === null) body.classList.remove("is-dropping"); });
  body.addEventListener("drop", async (event) => {
    event.preventDefault();
    body.classList.remove("is-dropping");
    const file = event.dataTransfer.files[0];
    if (file) await useFile(file);
    else await useText(event.dataTransfer.getData("text/plain"));
  });
}

// Where a page is not served securely there is no clipboard for scripts: the text is selected for the person.
export async function copied(text, place) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(place);
    document.execCommand("copy");
  }
}
