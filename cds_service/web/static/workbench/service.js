// What is asked of the service: an evaluation, and feedback. Both addresses keep nothing.

import { jsonText } from "./dom.js";

export class Refusal extends Error {
  constructor(status, outcome) {
    const issue = outcome?.issue?.[0] ?? {};
    super(issue.diagnostics ?? "The service did not answer.");
    this.status = status;
    this.outcome = outcome;
    this.where = issue.expression?.[0] ?? "";
  }
}

async function posted(path, body, signal) {
  const answer = await fetch(new URL(path, document.baseURI), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  const content = await answer.json().catch(() => null);
  signal?.throwIfAborted(); // an answer that was cut off because another is asked for is no answer
  if (!answer.ok || content === null) throw new Refusal(answer.status, content);
  return content;
}

export function evaluated(state, signal) {
  const { hook, order, changes, drafts, vary } = state;
  const reason = drafts ? state.draftsReason : state.reason;
  const asked = state.pasted === null ? { example: state.patient, hook, order, reason } : { text: state.pasted };
  return posted("workbench/evaluate", { ...asked, changes, vary, ...(drafts ? { drafts } : {}) }, signal);
}

export function feedbackSent(item) {
  return posted("workbench/feedback", { feedback: [item] });
}

export function accepted(card, suggestion) {
  return {
    card: card.uuid,
    outcome: "accepted",
    acceptedSuggestions: [{ id: suggestion.uuid }],
    outcomeTimestamp: new Date().toISOString(),
  };
}

export function overridden(card, reason, comment) {
  const overrideReason = {
    ...(reason ? { reason: { code: reason.code, system: reason.system } } : {}),
    ...(comment ? { userComment: comment } : {}),
  };
  return {
    card: card.uuid,
    outcome: "overridden",
    ...(Object.keys(overrideReason).length ? { overrideReason } : {}),
    outcomeTimestamp: new Date().toISOString(),
  };
}

// The draft orders after a suggestion was taken: each of its actions done in turn.
export function draftsAfter(request, suggestion) {
  let drafts = (request.context?.draftOrders?.entry ?? []).map((entry) => entry.resource);
  for (const action of suggestion.actions ?? []) {
    if (action.type === "create") drafts = [...drafts, action.resource];
    if (action.type === "update") drafts = drafts.map((draft) => (isSame(draft, action.resource) ? action.resource : draft));
    if (action.type === "delete") drafts = drafts.filter((draft) => !(action.resourceId ?? []).includes(`${draft.resourceType}/${draft.id}`));
  }
  return drafts;
}

const isSame = (one, other) => one.resourceType === other.resourceType && one.id === other.id;

export function curlOf(service, request) {
  const address = new URL(`cds-services/${service}`, document.baseURI).href;
  const body = jsonText(request);
  return `curl -s '${address}' \\\n  -H 'Content-Type: application/json' \\\n  --data-binary @- <<'JSON'\n${body}\nJSON`;
}
