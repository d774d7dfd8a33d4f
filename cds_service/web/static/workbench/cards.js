// Cards as an EHR shows them: indicator, summary, detail, source, suggestions, override reasons, links.

import { element, safeAddress } from "./dom.js";
import { markdown } from "./markdown.js";

const INDICATORS = { info: ["Info", "i"], warning: ["Warning", "!"], critical: ["Critical", "!!"] };

// `acts` are what a person can do: take(card, suggestion), dismiss(card, index, reason, comment).
export function showCards(place, answer, dismissed, acts) {
  const cards = answer.cards ?? [];
  const shown = cards.map((card, index) =>
    index in dismissed ? dismissedCard(card, dismissed[index], index, () => acts.restore(index)) : cardOf(card, index, acts));
  place.replaceChildren(...(shown.length ? shown : [element("p", { class: "no-card" }, "No card. The order goes through without a word.")]));
}

function cardOf(card, index, acts) {
  const [word] = INDICATORS[card.indicator] ?? [card.indicator];
  const id = `card-${index}`;
  return element(
    "article",
    { class: `card card--${card.indicator}`, "aria-labelledby": `${id}-summary` },
    element("p", { class: "card__indicator" }, mark(card.indicator), word),
    element("h3", { class: "card__summary", id: `${id}-summary` }, card.summary),
    card.detail ? element("div", { class: "card__detail" }, markdown(card.detail)) : null,
    suggestions(card, acts),
    overrides(card, index, acts),
    links(card),
    source(card),
  );
}

function mark(indicator) {
  const sign = (INDICATORS[indicator] ?? ["", "?"])[1];
  return element("span", { class: "card__mark", "aria-hidden": "true" }, sign);
}

function suggestions(card, acts) {
  const all = card.suggestions ?? [];
  if (!all.length) return null;
  return element(
    "div",
    { class: "card__suggestions", role: "group", "aria-label": "Suggestions" },
    ...all.map((suggestion) =>
      element(
        "button",
        {
          type: "button",
          class: `button card__button${suggestion.isRecommended ? " button--primary" : ""}`,
          onclick: () => acts.take(card, suggestion),
        },
        suggestion.label,
        suggestion.isRecommended ? element("span", { class: "card__recommended" }, "Recommended") : null,
      )),
  );
}

function overrides(card, index, acts) {
  const reasons = card.overrideReasons ?? [];
  const form = element("form", { class: "dismissal", hidden: true });
  const opener = element(
    "button",
    { type: "button", class: "card__dismiss", "aria-expanded": "false", "aria-controls": `dismissal-${index}`, "data-dismisses": index },
    reasons.length ? "Dismiss, with a reason" : "Dismiss",
  );
  form.id = `dismissal-${index}`;
  opener.addEventListener("click", () => {
    if (!reasons.length) return acts.dismiss(card, index, null, "");
    form.hidden = !form.hidden;
    opener.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("input").focus();
    return undefined;
  });
  form.append(
    element(
      "fieldset",
      {},
      element("legend", {}, "Why is it dismissed?"),
      ...reasons.map((reason) =>
        element("label", {}, element("input", { type: "radio", name: `reason-${index}`, value: reason.code, required: true }), reason.display ?? reason.code)),
    ),
    element("label", { class: "dismissal__comment" }, "Comment", element("input", { type: "text", name: "comment", maxlength: "500" })),
    element("button", { type: "submit", class: "button" }, "Send and dismiss"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = new FormData(form).get(`reason-${index}`);
    acts.dismiss(card, index, reasons.find((reason) => reason.code === code), form.elements.comment.value);
  });
  return element("div", { class: "card__overrides" }, opener, form);
}

function links(card) {
  const all = (card.links ?? []).map((link) => {
    const href = safeAddress(link.url);
    return element("li", {}, href ? element("a", { href, rel: "noreferrer" }, link.label) : link.label);
  });
  return all.length ? element("ul", { class: "card__links", "aria-label": "Links" }, ...all) : null;
}

function source(card) {
  const topic = card.source?.topic;
  const href = card.source?.url ? safeAddress(card.source.url) : null;
  const label = card.source?.label ?? "";
  return element(
    "p",
    { class: "card__source" },
    element("span", {}, "Source: ", href ? element("a", { href, rel: "noreferrer" }, label) : label),
    topic ? element("span", { class: "tag" }, topic.display || topic.code) : null,
  );
}

function dismissedCard(card, reason, index, restore) {
  const why = (card.overrideReasons ?? []).find((one) => one.code === reason);
  return element(
    "article",
    { class: "card card--dismissed" },
    element("p", {}, element("strong", {}, "Dismissed"), why ? `: ${why.display ?? why.code}. ` : ". ", card.summary),
    element("button", { type: "button", class: "card__dismiss", "data-restores": index, onclick: restore }, "Show it again"),
  );
}

// The draft orders, with the rating that the answer puts on each.
export function showOrders(place, request, answer, canReset, reset) {
  const drafts = (request.context?.draftOrders?.entry ?? []).map((entry) => entry?.resource).filter(Boolean);
  const rated = new Map((answer.systemActions ?? []).map((action) => [action.resource?.id, action]));
  const rows = drafts.map((draft) => orderRow(draft, rated.get(draft.id)));
  place.replaceChildren(
    element("h3", { class: "ehr__title" }, drafts.length === 1 ? "Draft order" : "Draft orders"),
    rows.length ? element("ul", { class: "orders" }, ...rows) : element("p", { class: "soft" }, "The chart is opened; nothing is ordered."),
    canReset ? element("button", { type: "button", class: "card__dismiss", onclick: reset }, "Back to the first order") : "",
  );
}

const PAMA = "/Extension/pama-rating";

function orderRow(draft, action) {
  const concept = draft.code?.concept ?? draft.code ?? draft.medicationCodeableConcept ?? {};
  const coding = concept.coding?.[0];
  const name = concept.text ?? coding?.display ?? coding?.code ?? "No study yet";
  const reasons = (draft.reasonCode ?? []).map((reason) => reason.text ?? reason.coding?.[0]?.display).filter(Boolean);
  return element(
    "li",
    { class: "order" },
    element("span", { class: "order__name" }, name),
    element("span", { class: "order__code" }, [coding ? `${codeSystem(coding.system)} ${coding.code}` : "no code", ...reasons].join(" · ")),
    rating(action),
  );
}

function codeSystem(system = "") {
  const known = { "http://www.ama-assn.org/go/cpt": "CPT", "http://loinc.org": "LOINC", "http://snomed.info/sct": "SNOMED CT" };
  return known[system] ?? system;
}

function rating(action) {
  const extensions = action?.resource?.extension ?? [];
  const found = extensions.find((extension) => extension.url?.endsWith(PAMA));
  const codings = found?.valueCodeableConcept?.coding ?? [];
  if (!codings.length) return element("span", { class: "order__rating soft" }, "No rating put on it");
  const [pama, category] = codings;
  return element(
    "span",
    { class: "order__rating" },
    element("span", { class: `category category--${category?.code ?? "none"}` }, category?.display ?? pama.display),
    element("span", { class: "order__pama" }, `PAMA rating: ${pama.display ?? pama.code}`),
  );
}
